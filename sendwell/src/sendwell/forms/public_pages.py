"""The public pages of a form as responses: template, policy, headers, colours.

Lives here: what a page may load and be framed by, what JSON says of a form. Must not live here: reading requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse

from sendwell.core.installation import Installation, installation
from sendwell.forms import editing, rules
from sendwell.forms.captchas import ACTION, SERVICES
from sendwell.forms.confirming import Seen
from sendwell.forms.models import SignupForm
from sendwell.forms.rules import Captcha

TRAP = "fax"
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


def sealed(response: HttpResponse) -> HttpResponse:
    """The headers of pages that belong to one person."""
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def captcha_field(form: SignupForm) -> str:
    """The field in which the form's captcha posts its answer."""
    kind = Captcha(form.captcha)
    return SERVICES[kind].field if kind in SERVICES else "altcha"


def form_page(
    form: SignupForm,
    given: Mapping[str, Any],
    errors: Mapping[str, str],
    *,
    framed: bool,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    """The form, empty or as it was typed."""
    if not form.is_open:
        return message(form, "closed", 410, framed=framed)
    parts = installation()
    kind = Captcha(form.captcha)
    service = SERVICES.get(kind)
    context = {
        "form": form,
        "lists": editing.lists_of(form),
        "given": given,
        "errors": errors,
        "framed": framed,
        "action": reverse("forms:frame" if framed else "forms:page", args=[form.public_id]),
        "stamp": rules.stamp([key for _, key in parts.ring.links], form.public_id, now),
        "digest": editing.digest_of(form),
        "trap": TRAP,
        "captcha": kind.value,
        "service": service,
        "script": _script(form),
        "captcha_action": ACTION,
    }
    return _finish(render_to_string("forms/page.html", context), form, framed=framed, status=status)


def _script(form: SignupForm) -> str:
    service = SERVICES.get(Captcha(form.captcha))
    if service is None:
        return ""
    return service.script + form.captcha_site_key if service.has_score else service.script


def message(form: SignupForm, which: str, status: int, *, framed: bool) -> HttpResponse:
    """A page that only says something: thanks, closed, too_many, foreign."""
    context = {"form": form, "which": which, "framed": framed}
    return _finish(render_to_string("forms/message.html", context), form, framed=framed, status=status)


def _finish(html: str, form: SignupForm, *, framed: bool, status: int) -> HttpResponse:
    response = HttpResponse(html, status=status)
    policy: dict[str, list[str]] = {}
    service = SERVICES.get(Captcha(form.captcha))
    if service is not None:
        third = list(service.sources)
        policy = {name: [SELF, *third] for name in ("script-src", "connect-src", "frame-src", "style-src")}
    if form.redirect_url:
        there = urlsplit(form.redirect_url)
        policy["form-action"] = [SELF, f"{there.scheme}://{there.netloc}"]  # browsers check where a post ends up
    if framed:
        policy["frame-ancestors"] = [SELF, *rules.origins(form.origins)]
        response.xframe_options_exempt = True  # frame-ancestors says it better
    response._csp_replace = policy  # type: ignore[attr-defined]  # per response; csp's decorators know one per view
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def theme(form: SignupForm) -> str:
    """The form's colours as CSS variables of public.css. The words on the button are black or white, whichever reads
    better on the accent."""
    accent = form.accent if len(form.accent) == 7 else "#0b6475"
    looks = {
        "auto": f":root{{--form-accent:{accent};}}",
        "light": ":root{color-scheme:light;--page:#f3f5f7;--sheet:#fff;--text:#17202a;--quiet:#55606e;--line:#c9d0d8;"
        "--note:#fff4db;--wrong:#b3261e;}",
        "dark": ":root{color-scheme:dark;--page:#10151b;--sheet:#1a222b;--text:#e8edf2;--quiet:#a3afbc;--line:#3d4855;"
        "--note:#3a3016;--wrong:#ffb4ab;}",
    }
    button = f":root{{--press:{accent};--press-text:{'#000' if _is_light(accent) else '#fff'};}}"
    return f"{looks[form.look if form.look in looks else 'auto']}\n{button}\n"


def _is_light(colour: str) -> bool:
    """Whether black reads better on it than white (WCAG 2 relative luminance, equal contrast at 0.179)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179


def described(form: SignupForm, parts: Installation, now: datetime) -> dict[str, Any]:
    """What a script needs to show the form and to send it."""
    return {
        "open": form.is_open,
        **editing.shown(form),
        "ask_name": form.ask_name,
        "text": editing.digest_of(form),
        "t": rules.stamp([key for _, key in parts.ring.links], form.public_id, now),
        "captcha": {
            "kind": form.captcha,
            "site_key": form.captcha_site_key,
            "challenge": f"{parts.config.base_url}{reverse('forms:challenge', args=[form.public_id])}"
            if form.captcha == Captcha.ALTCHA
            else "",
        },
    }


def who(seen: Seen) -> dict[str, str]:
    """The address on the confirmation page, masked: whoever holds the link may not be whom it was sent to."""
    if seen.signup is None:
        return {"masked": "", "form_url": "", "theme_id": ""}
    local, _, domain = seen.signup.key.rpartition("@")
    public_id = seen.signup.form.public_id
    return {
        "masked": f"{local[:1]}***@{domain}",
        "form_url": reverse("forms:page", args=[public_id]),
        "theme_id": public_id,
    }
