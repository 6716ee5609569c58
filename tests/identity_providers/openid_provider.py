"""An OpenID provider in its own process: oidc-provider-mock on Authlib, with PKCE demanded and faults on order.

`python -m tests.identity_providers.openid_provider` prints its address. PUT /faults with {"claims": {...}, "alg":
"none" or "HS256", "key": "other", "drop": ["nonce"]} changes how the next ID tokens are made; PUT /users/<sub> says
who there is. Each person signs in when they first come; afterwards their session there answers by itself, with the
`auth_time` of that, unless prompt=login or max_age asks for more. PUT /behaviour {"silent": true} lets it disregard
that, {"signed_in_s_ago": 900} makes its sessions so old. POST /logout-tokens {"aud", "sub", "sid", "drop", "claims",
"alg", "key"} answers a logout token as it would post it.
"""

from __future__ import annotations

import os

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import json
import time
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import flask
import jwt
import oidc_provider_mock
from authlib.oauth2.rfc7636 import CodeChallenge
from cryptography.hazmat.primitives.asymmetric import rsa
from oidc_provider_mock import _app
from werkzeug.serving import make_server

FAULTS: dict = {}
BEHAVIOUR: dict = {}
# When each person last signed in here, by subject; and when whom a code is for did.
SIGNED_IN: dict[str, float] = {}
PROVED: dict[str, int] = {}
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
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
    app.put("/behaviour")(_set_behaviour)
    app.post("/logout-tokens")(_logout_token)
    app.after_request(_tell_when)
    app.after_request(_spoil)
    _app.AuthorizationCode.get_auth_time = lambda code: PROVED.get(code.code)
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


def _set_behaviour() -> tuple[str, int]:
    SIGNED_IN.clear()
    BEHAVIOUR.clear()
    BEHAVIOUR.update(flask.request.json)
    return "", 204


def _tell_when(response: flask.Response) -> flask.Response:
    """When whom the code is for proved who they are: now, or when the session here was begun."""
    code = parse_qs(urlsplit(response.headers.get("Location", "")).query).get("code")
    if flask.request.path != "/oauth2/authorize" or code is None:
        return response
    sub, asked = flask.request.form["sub"], flask.request.args
    since = SIGNED_IN.get(sub, time.time() - BEHAVIOUR.get("signed_in_s_ago", 0))
    too_old = "max_age" in asked and time.time() - since > float(asked["max_age"])
    if (asked.get("prompt") == "login" or too_old) and not BEHAVIOUR.get("silent"):
        since = time.time()
    SIGNED_IN[sub], PROVED[code[0]] = since, int(since)
    return response


def _logout_token() -> str:
    order = flask.request.json
    issuer, moment = flask.request.host_url.rstrip("/"), int(time.time())
    claims = {"iss": issuer, "iat": moment, "exp": moment + 120, "jti": str(uuid4()), "events": {LOGOUT: {}}}
    claims |= {name: order[name] for name in ("aud", "sub", "sid") if name in order} | order.get("claims", {})
    for name in order.get("drop", []):
        claims.pop(name)
    key, algorithm = _signing(order)
    return jwt.encode(claims, key, algorithm=algorithm, headers={"typ": "logout+jwt"})


def _spoil(response: flask.Response) -> flask.Response:
    """The ID token made anew with what was ordered to be wrong with it."""
    if not FAULTS or flask.request.path != "/oauth2/token" or response.status_code != 200:
        return response
    body = json.loads(response.get_data())
    claims = jwt.decode(body["id_token"], options={"verify_signature": False})
    claims |= {name: value if value != "past" else int(time.time()) - 3600 for name, value in FAULTS["claims"].items()}
    for name in FAULTS.get("drop", []):
        claims.pop(name, None)
    key, algorithm = _signing(FAULTS)
    kid = jwt.get_unverified_header(body["id_token"]).get("kid")
    headers = {"kid": kid} if kid else None
    body["id_token"] = jwt.encode(claims, key, algorithm=algorithm, headers=headers)
    response.set_data(json.dumps(body))
    return response


def _signing(order: dict):
    algorithm = order.get("alg", "RS256")
    if algorithm == "none":
        return None, "none"
    if algorithm == "HS256":
        return "a secret that everybody who reads this knows by heart", "HS256"
    if order.get("key") == "other":
        return _OTHER, "RS256"
    own = _app.storage.jwk.as_dict(is_private=True)
    return jwt.PyJWK({**own, "alg": "RS256"}).key, "RS256"


if __name__ == "__main__":
    main()
