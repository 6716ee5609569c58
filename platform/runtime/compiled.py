"""Imports once what runs and inference servers import later. Start: python -m runtime.compiled

Python keeps what it compiled beside a module's source. A walled workload may not write there, and packages are
installed uncompiled: where nobody else imported them, each run would compile scikit-learn or torch anew, for seconds.
"""

from __future__ import annotations

from importlib import import_module

# Whoever imports these does so late, in a function.
_LATE = (
    "mlflow.onnx",
    "mlflow.pyfunc",
    "mlflow.sklearn",
    "pyarrow.pandas_compat",
    "pyarrow.vendored.version",
    "sklearn.metrics",
    "skops.io._sklearn",
    "uvicorn.lifespan.off",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)


def import_all() -> None:
    from runtime.recipes.catalogue import CATALOGUE
    from runtime.recipes.skops_files import skops

    for name in ("runtime.door", "runtime.train", "runtime.serve"):
        import_module(name)
    for recipe in CATALOGUE:
        import_module(f"runtime.recipes.{recipe}")
    skops()
    for name in _LATE:
        import_module(name)


if __name__ == "__main__":
    import_all()
