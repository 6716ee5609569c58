"""A form as a browser sends it; Django's test client would send it as if it held files."""

from urllib.parse import urlencode


def send_form(client, path, fields, **more):
    return client.post(path, urlencode(fields), content_type="application/x-www-form-urlencoded", **more)
