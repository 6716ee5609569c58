"""The front door: the one public port, which answers inference itself and passes the rest on; knows no Django."""
