"""The one page of this face: a form for account name and password, without scripts and without anything from elsewhere."""

from html import escape

from pomona.runtime.asgi import Answer

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:4rem auto;padding:0 1rem;color:#1d1d1f}"
    "h1{font-size:1.4rem;margin:0 0 .25rem}p{margin:0 0 1.5rem;color:#555}"
    "label{display:block;margin:0 0 1rem}input{display:block;width:100%;box-sizing:border-box;font:inherit;"
    "padding:.5rem;border:1px solid #888;border-radius:.4rem}"
    "button{font:inherit;padding:.5rem 1.25rem;border:0;border-radius:.4rem;background:#0a5;color:#fff}"
    ".problem{color:#a00;margin:0 0 1rem}"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{purpose}</p>
{problem}<form method="post" action="{action}">
<label>Account
<input name="email" type="email" value="{email}" autocomplete="username" autocapitalize="off" required{focus_email}>
</label>
<label>Password
<input name="password" type="password" autocomplete="current-password" required{focus_password}>
</label>
<button>Sign in</button>
</form>
</body>
</html>
"""
_HEADERS = [
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
]


def page(organization: str, purpose: str, action: str, *, email: str = "", problem: str = "") -> Answer:
    """The form. It comes with 200 also after a wrong password: an error status would end a device's enrolment."""
    told = f'<p class="problem" role="alert">{escape(problem)}</p>\n' if problem else ""
    html = _PAGE.format(
        title=escape(f"Sign in to {organization}"),
        style=_STYLE,
        purpose=escape(purpose),
        problem=told,
        action=escape(action, quote=True),
        email=escape(email, quote=True),
        focus_email="" if email else " autofocus",
        focus_password=" autofocus" if email else "",
    )
    return Answer(200, html.encode(), "text/html; charset=utf-8", _HEADERS)
