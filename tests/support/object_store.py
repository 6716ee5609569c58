"""A real S3 server in its own process: moto's, with an account, buckets and rights that are held."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from pathlib import Path

from botocore.config import Config
from botocore.session import Session

from tests.support.databases import free_port
from tests.support.until import until

ROLE = "arn:aws:iam::123456789012:role/reader"


class ObjectStore:
    """`keys` are those of a user who may do everything in S3 and take on ROLE; others are refused."""

    def __init__(self, certificate=None):
        self.port = free_port()
        tls = ["-c", str(certificate), "-k", str(certificate)] if certificate else []
        self._process = subprocess.Popen(
            [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(self.port), *tls],
            env={**os.environ, "MOTO_ALLOW_NONEXISTENT_REGION": "1", "INITIAL_NO_AUTH_ACTION_COUNT": "1000"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.url = f"http://127.0.0.1:{self.port}"
        until(self._answers, 60)
        self.sdk = self.client("s3", "owner", "owner")

    def _answers(self):
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asked.request("GET", "/moto-api/data.json")
            return asked.getresponse().status == 200
        except OSError:
            return False
        finally:
            asked.close()

    def client(self, service, key, secret):
        return Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}),
        )

    def make_user(self):
        """(key, secret) of a user who may read buckets and take on ROLE."""
        iam = self.client("iam", "owner", "owner")
        rights = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sts:AssumeRole"], "Resource": "*"}],
        }
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
        }
        iam.create_user(UserName="reader")
        iam.put_user_policy(UserName="reader", PolicyName="all", PolicyDocument=json.dumps(rights))
        iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName="reader", PolicyName="all", PolicyDocument=json.dumps(rights))
        made = iam.create_access_key(UserName="reader")["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]

    def hold_rights(self, hold=True):
        """From now on keys and rights are checked, or not."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        asked.request("POST", "/moto-api/reset-auth", body="0" if hold else "1000000")
        asked.getresponse().read()
        asked.close()

    def stop(self):
        self._process.kill()
        self._process.wait()
