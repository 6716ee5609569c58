"""What stands between a client and a server: one that speaks TLS for it, and one that cuts the line."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading


@contextlib.contextmanager
def fronting(serve, *, host="127.0.0.1"):
    """A listener whose connections `serve` gets, each in a thread; yields its port."""
    listener = socket.create_server((host, 0))

    def listen():
        with contextlib.suppress(OSError):
            while True:
                client, _address = listener.accept()
                threading.Thread(target=quietly, args=(client,), daemon=True).start()

    def quietly(client):
        with contextlib.suppress(OSError), client:
            serve(client)

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def piped(one, other, most=None):
    """Pass bytes on both ways until an end closes; at most so many of them from `other`."""
    back = threading.Thread(target=_pump, args=(one, other, None), daemon=True)
    back.start()
    _pump(other, one, most)
    back.join()


def _pump(source, drain, most):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536 if most is None else min(65536, most)):
            drain.sendall(piece)
            if most is not None:
                most -= len(piece)
                if not most:
                    break
    for end in (source, drain):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def postgres_tls(port, certificate):
    """TLS as PostgreSQL begins it, before a server that has none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(client):
        if client.recv(8) != b"\x00\x00\x00\x08\x04\xd2\x16\x2f":
            return
        client.sendall(b"S")
        with (
            context.wrap_socket(client, server_side=True) as secure,
            socket.create_connection(("127.0.0.1", port)) as server,
        ):
            piped(secure, server)

    return serve


def cutting(port, after, times=1):
    """Cuts the first connections after so many bytes of the answer."""
    left = [times]

    def serve(client):
        left[0] -= 1
        with socket.create_connection(("127.0.0.1", port)) as server:
            piped(client, server, after if left[0] >= 0 else None)

    return serve
