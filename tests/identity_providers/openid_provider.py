"""An OpenID provider in its own process: oidc-provider-mock on Authlib, with PKCE demanded and faults on order.

`python -m tests.identity_providers.openid_provider` prints its address. PUT /faults with {"claims": {...}, "alg":
"none" or "HS256", "key": "other", "drop": ["nonce"]} changes how the next ID tokens are made; PUT /users/<sub> says
who there is.
"""

from __future__ import annotations

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import json
import time

import flask
import jwt
import oidc_provider_mock
from authlib.oauth2.rfc7636 import CodeChallenge
from cryptography.hazmat.primitives.asymmetric import rsa
from oidc_provider_mock import _app
from werkzeug.serving import make_server

FAULTS: dict = {}
_OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def main() -> None:
    _app.AuthorizationCode.code_challenge = None
    _app.AuthorizationCode.code_challenge_method = None
    register = _app.flask_oauth2.AuthorizationServer.register_grant

    def with_pkce(self, grant, extensions=None):
        if grant is _app.AuthorizationCodeGrant:
            extensions = [*(extensions or []), _Challenge(required=True)]
        return register(self, grant, extensions)

    _app.flask_oauth2.AuthorizationServer.register_grant = with_pkce
    app = oidc_provider_mock.app(require_nonce=True)
    app.debug = False
    app.put("/faults")(_set_faults)
    app.after_request(_spoil)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


_CHALLENGES: dict[str, tuple[str | None, str | None]] = {}


class _Challenge(CodeChallenge):
    """Authlib keeps the challenge on the code's row; the mock's rows have no place for it: it is kept beside them."""

    def __call__(self, grant):
        super().__call__(grant)
        grant.register_hook("after_validate_consent_request", lambda *_a: None)
        save = grant.save_authorization_code

        def saving(code, request):
            _CHALLENGES[code] = (
                request.payload.data.get("code_challenge"),
                request.payload.data.get("code_challenge_method"),
            )
            return save(code, request)

        grant.save_authorization_code = saving

    def get_authorization_code_challenge(self, authorization_code):
        return _CHALLENGES.get(authorization_code.code, (None, None))[0]

    def get_authorization_code_challenge_method(self, authorization_code):
        return _CHALLENGES.get(authorization_code.code, (None, None))[1]


def _set_faults() -> tuple[str, int]:
    FAULTS.clear()
    FAULTS.update(flask.request.json)
    return "", 204


def _spoil(response: flask.Response) -> flask.Response:
    """The ID token made anew with what was ordered to be wrong with it."""
    if not FAULTS or flask.request.path != "/oauth2/token" or response.status_code != 200:
        return response
    body = json.loads(response.get_data())
    claims = jwt.decode(body["id_token"], options={"verify_signature": False})
    claims |= {name: value if value != "past" else int(time.time()) - 3600 for name, value in FAULTS["claims"].items()}
    for name in FAULTS.get("drop", []):
        claims.pop(name, None)
    key, algorithm = _signing()
    kid = jwt.get_unverified_header(body["id_token"]).get("kid")
    headers = {"kid": kid} if kid else None
    body["id_token"] = jwt.encode(claims, key, algorithm=algorithm, headers=headers)
    response.set_data(json.dumps(body))
    return response


def _signing():
    algorithm = FAULTS.get("alg", "RS256")
    if algorithm == "none":
        return None, "none"
    if algorithm == "HS256":
        return "a secret that everybody who reads this knows by heart", "HS256"
    if FAULTS.get("key") == "other":
        return _OTHER, "RS256"
    own = _app.storage.jwk.as_dict(is_private=True)
    return jwt.PyJWK({**own, "alg": "RS256"}).key, "RS256"


if __name__ == "__main__":
    main()
