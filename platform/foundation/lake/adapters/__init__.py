"""The lake on DuckLake, and the children (`child_*`) in which what users bring is parsed and run."""
