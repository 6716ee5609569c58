"""Set-up of what pages need besides code: third-party files into static/vendor/, compiled catalogues; no build step."""
