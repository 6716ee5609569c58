"""How fast a file becomes a governed version: counted back, digested, profiled, classified, encrypted."""
