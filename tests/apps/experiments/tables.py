"""Small real tables as files, as people upload them."""

from __future__ import annotations

import io

from sklearn.datasets import load_iris


def iris_csv() -> bytes:
    bunch = load_iris(as_frame=True)
    frame = bunch.frame.rename(columns=lambda name: name.replace(" (cm)", "").replace(" ", "_"))
    frame["target"] = [str(bunch.target_names[code]) for code in frame["target"]]
    frame["same"] = 1
    frame["measured"] = [f"1936-{1 + n // 28 % 12:02d}-{1 + n % 28:02d} 00:00:00" for n in range(len(frame))]
    sink = io.StringIO()
    frame.to_csv(sink, index=False)
    return sink.getvalue().encode()
