"""What runs inside a workload: trainer, inference server, door and keeper. Knows nothing of Django."""

VERSION = "0.1.0"
