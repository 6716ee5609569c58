"""Identity providers in processes of their own, started once for all tests of a worker."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urljoin

import requests

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(module: str, *arguments: str):
    """The process and the first line that it printed: its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.identity_providers.{module}", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), f"{module} did not start: {address!r}"
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


class OpenIDProvider:
    """What a person does at the provider, and what its administrator orders."""

    def __init__(self, address: str) -> None:
        self.address = address

    def person(self, sub: str, **claims) -> None:
        requests.put(f"{self.address}/users/{sub}", json=claims, timeout=10).raise_for_status()

    def faults(self, **faults) -> None:
        order = {"claims": {}, **faults} if faults else {}
        requests.put(f"{self.address}/faults", json=order, timeout=10).raise_for_status()

    def behave(self, **words) -> None:
        """`silent`: it answers out of its own session whatever is asked; `signed_in_s_ago`: how old that is."""
        requests.put(f"{self.address}/behaviour", json=words, timeout=10).raise_for_status()

    def logout_token(self, **order) -> str:
        return requests.post(f"{self.address}/logout-tokens", json=order, timeout=10).text

    def authorize(self, url: str, sub: str) -> str:
        """Sign in there as this subject; the address to which the browser is sent back."""
        answer = requests.post(url, data={"sub": sub}, allow_redirects=False, timeout=10)
        assert answer.status_code in {302, 303}, answer.text[:500]
        return answer.headers["Location"]

    def deny(self, url: str) -> str:
        return requests.post(url, data={"action": "deny"}, allow_redirects=False, timeout=10).headers["Location"]


class SamlProvider:
    def __init__(self, address: str) -> None:
        self.address = address

    def metadata(self) -> bytes:
        return requests.get(f"{self.address}/metadata", timeout=10).content

    def trust(self, metadata: bytes) -> None:
        """Take over the portal's metadata, as the provider's administrator does."""
        requests.put(f"{self.address}/portal", data=metadata, timeout=10).raise_for_status()

    def answer(self, url: str, **person) -> tuple[str, dict[str, str]]:
        """Sign in there; the form that the provider's page posts back: its address and its fields."""
        page = requests.get(f"{url}&{urlencode({'order': json.dumps(person)})}", timeout=20)
        assert page.status_code == 200, page.text[:1000]
        action = re.search(r'action="([^"]+)"', page.text)[1]
        fields = dict(re.findall(r'name="(SAMLResponse|RelayState)" value="([^"]*)"', page.text))
        return urljoin(url, action), fields
