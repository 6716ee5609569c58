"""A SAML 2.0 identity provider in its own process: pysaml2, which signs with xmlsec1, behind a few lines of Flask.

`python -m tests.identity_providers.saml_provider` prints its address. GET /metadata is its metadata, PUT /portal takes
the portal's; GET /sso signs somebody in and answers the page that posts the response back. `order` beside the request
(JSON) says who it is and what is to be wrong: {"name_id", "attributes", "sign": "assertion" | "response" | "none",
"lifetime_minutes", "audience", "unsolicited": true, "other_key": true, "sha1": true, "signed_in_s_ago": 900}. The
person is taken to have signed in so long ago, unless the request says ForceAuthn; with "silent": true whatever it says.
"""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NameID
from saml2.server import Server
from werkzeug.serving import make_server

FOLDER = Path(tempfile.mkdtemp(prefix="saml-provider-"))
RSA_SHA256, SHA1 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"


def main() -> None:
    app = flask.Flask(__name__)
    server = make_server("127.0.0.1", 0, app, threaded=False)
    address = f"http://127.0.0.1:{server.server_port}"
    keys = {"own": _key("own"), "other": _key("other")}
    app.add_url_rule("/metadata", "metadata", lambda: str(entity_descriptor(_config(address, *keys["own"]))))
    app.add_url_rule("/portal", "portal", _trust, methods=["PUT"])
    app.add_url_rule("/sso", "sso", lambda: _sign_in(address, keys))
    print(address, flush=True)
    server.serve_forever()


def _trust() -> tuple[str, int]:
    (FOLDER / "portal.xml").write_bytes(flask.request.get_data())
    return "", 204


def _sign_in(address: str, keys: dict) -> str:
    order = json.loads(flask.request.args.get("order", "{}"))
    config = _config(address, *keys["other" if order.get("other_key") else "own"], order.get("lifetime_minutes", 15))
    provider = Server(config=config)
    asked = provider.parse_authn_request(flask.request.args["SAMLRequest"], BINDING_HTTP_REDIRECT).message
    words = provider.response_args(asked)
    if order.get("unsolicited"):
        words["in_response_to"] = None
    if order.get("in_response_to"):
        words["in_response_to"] = order["in_response_to"]
    if order.get("audience"):
        words["sp_entity_id"] = order["audience"]
    sign = order.get("sign", "assertion")
    forced = asked.force_authn == "true" and not order.get("silent")
    since = datetime.now(UTC) - timedelta(seconds=0 if forced else order.get("signed_in_s_ago", 0))
    authn = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password", "authn_auth": address}
    response = provider.create_authn_response(
        identity=order.get("attributes", {}),
        userid=order["name_id"],
        name_id=NameID(format=NAMEID_FORMAT_EMAILADDRESS, text=order["name_id"]),
        authn={**authn, "authn_instant": since.timestamp()},
        sign_assertion=sign == "assertion",
        sign_response=sign == "response",
        sign_alg=SHA1 if order.get("sha1") else RSA_SHA256,
        digest_alg="http://www.w3.org/2001/04/xmlenc#sha256",
        **{name: value for name, value in words.items() if name not in {"name_id_policy", "binding"}},
    )
    posted = provider.apply_binding(BINDING_HTTP_POST, str(response), words["destination"], "", response=True)
    return posted["data"]


def _config(address: str, key: str, certificate: str, minutes: int = 15) -> IdPConfig:
    portal = FOLDER / "portal.xml"
    words = {
        "entityid": f"{address}/metadata",
        "xmlsec_binary": "/usr/bin/xmlsec1",
        "key_file": key,
        "cert_file": certificate,
        "service": {
            "idp": {
                "endpoints": {"single_sign_on_service": [(f"{address}/sso", BINDING_HTTP_REDIRECT)]},
                "policy": {
                    "default": {
                        "lifetime": {"minutes": minutes},
                        "attribute_restrictions": None,
                        "name_form": UNSPECIFIED,
                    }
                },
                "name_id_format": [NAMEID_FORMAT_EMAILADDRESS],
                "want_authn_requests_signed": False,
            }
        },
        "metadata": {"local": [str(portal)]} if portal.exists() else {},
        "allow_unknown_attributes": True,
    }
    return IdPConfig().load(words)


def _key(name: str) -> tuple[str, str]:
    """A key and a certificate of its own, as files that pysaml2 and xmlsec1 read."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} test provider")])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=7))
        .sign(key, hashes.SHA256())
    )
    files = FOLDER / f"{name}.key", FOLDER / f"{name}.crt"
    files[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    files[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return str(files[0]), str(files[1])


if __name__ == "__main__":
    main()
