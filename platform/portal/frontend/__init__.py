"""Set-up of the third-party front-end files: npm out of its wheel, a dozen files into static/vendor/, no build step."""
