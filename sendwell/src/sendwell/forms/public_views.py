"""What visitors see: the form as a page, in a frame and as JSON, the captcha's challenge, the link in the mail.

Lives here: HTTP in and out. Must not live here: defences (asking.py), what a confirmation does (confirming.py).
GET changes nothing. No page here sets a cookie, and none says whether an address is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from sendwell.core.installation import installation
from sendwell.core.requests import visitor_of
from sendwell.forms import asking, confirming, proof, public_pages, rules
from sendwell.forms.asking import Answer, Asked, Reply
from sendwell.forms.confirming import Link
from sendwell.forms.models import SignupForm
from sendwell.forms.rules import Breaker, Captcha

MOST_JSON = 20_000
_STATUS = {
    Answer.ACCEPTED: 202,
    Answer.INVALID: 422,
    Answer.ONE_MORE_STEP: 422,
    Answer.TOO_MANY: 429,
    Answer.CLOSED: 410,
}


def _find(public_id: str) -> SignupForm:
    found: SignupForm = get_object_or_404(SignupForm.objects.select_related("workspace"), public_id=public_id)
    return found


def _origin_ok(request: HttpRequest, form: SignupForm) -> bool:
    own = installation().config.base_url
    return rules.origin_allowed(request.headers.get("Origin", ""), own, rules.origins(form.origins))


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form on a page of its own; also where copies of it on other sites post to."""
    return _page(request, _find(public_id), framed=False)


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form for an iframe on an allowed site."""
    return _page(request, _find(public_id), framed=True)


def _page(request: HttpRequest, form: SignupForm, *, framed: bool) -> HttpResponse:
    now = installation().clock.now()
    if request.method != "POST":
        given = {"url": request.headers.get("Referer", "")[:500]} if framed else {}
        return public_pages.form_page(form, given, {}, framed=framed, now=now)
    if not _origin_ok(request, form):
        return public_pages.message(form, "foreign", 403, framed=framed)
    asked = _asked(request, form, framed=framed)
    reply = asking.ask(form, asked, visitor_of(request, installation().config.trusted_proxies), installation(), now)
    if reply.answer is Answer.ACCEPTED:
        name = "forms:frame_thanks" if framed else "forms:thanks"
        elsewhere = "" if framed else form.redirect_url
        return HttpResponseRedirect(elsewhere or reverse(name, args=[form.public_id]), status=303)
    if reply.answer in (Answer.TOO_MANY, Answer.CLOSED):
        return public_pages.message(form, reply.answer.value, _STATUS[reply.answer], framed=framed)
    return _again(form, asked, reply, framed=framed)


def _again(form: SignupForm, asked: Asked, reply: Reply, *, framed: bool) -> HttpResponse:
    """The form once more with what was typed: what is wrong stands at its field; a copy's form gets its captcha."""
    given = {
        "email": asked.email[:400],
        "name": asked.name[:200],
        "list_ids": set(asked.list_ids),
        "consent": asked.consent,
        "url": asked.url,
    }
    if reply.answer is Answer.ONE_MORE_STEP:
        given["one_more_step"] = True
    now = installation().clock.now()
    return public_pages.form_page(form, given, reply.errors, framed=framed, now=now, status=_STATUS[reply.answer])


def _asked(request: HttpRequest, form: SignupForm, *, framed: bool) -> Asked:
    post = request.POST
    stamp = post.get("t", "")
    own = installation().config.base_url
    url = f"{own}{request.path}" if not framed else post.get("from", "")
    channel = "frame" if framed else "page" if stamp else "copy"
    return Asked(
        email=post.get("email", ""),
        name=post.get("name", ""),
        list_ids=[int(one) for one in post.getlist("lists") if one.isdecimal() and len(one) < 19],
        consent=post.get("consent") == "yes",
        captcha=post.get(public_pages.captcha_field(form), ""),
        stamp=stamp,
        trap=post.get(public_pages.TRAP, ""),
        url=(post.get("from", "") or request.headers.get("Referer", "") or url)[:500],
        channel=channel,
        text=post.get("text", ""),
    )


@login_not_required
@require_safe
def thanks(request: HttpRequest, public_id: str, framed: bool = False) -> HttpResponse:  # noqa: ARG001  # a view
    """Said to everybody who sent the form, whatever their address is to us."""
    return public_pages.message(_find(public_id), "thanks", 200, framed=framed)


@login_not_required
@require_safe
def theme(request: HttpRequest, public_id: str) -> HttpResponse:  # noqa: ARG001  # a view's signature
    """The form's colours: a stylesheet, because pages here allow no inline styles."""
    css = public_pages.theme(_find(public_id))
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=60"})


@login_not_required
@require_safe
def challenge(request: HttpRequest, public_id: str) -> HttpResponse:
    """A proof of work to do, bound to the form and to ten minutes."""
    form, parts = _find(public_id), installation()
    if form.captcha != Captcha.ALTCHA:
        return _cors(request, form, JsonResponse({"error": "This form asks for no proof of work."}, status=404))
    now = parts.clock.now()
    harder = asking.breaker(form, now) is not Breaker.NONE
    made = proof.challenge([key for _, key in parts.ring.links], form.public_id, now, harder=harder)
    return _cors(request, form, JsonResponse(made))


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST", "OPTIONS"])
def as_json(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form for programs and scripts on allowed sites, behind the same defences."""
    form, parts = _find(public_id), installation()
    if request.method == "OPTIONS":
        return _cors(request, form, HttpResponse(status=204))
    now = parts.clock.now()
    if request.method != "POST":
        return _cors(request, form, JsonResponse(public_pages.described(form, parts, now)))
    if not _origin_ok(request, form):
        return JsonResponse({"status": "foreign", "errors": {"form": "This site may not use the form."}}, status=403)
    asked = _read_json(request)
    if asked is None:
        errors = {"form": "Send a JSON object with email and consent, at most 20 kB."}
        return _cors(request, form, JsonResponse({"status": "invalid", "errors": errors}, status=400))
    reply = asking.ask(form, asked, visitor_of(request, installation().config.trusted_proxies), parts, now)
    return _cors(request, form, JsonResponse(_told(form, reply), status=_STATUS[reply.answer]))


def _told(form: SignupForm, reply: Reply) -> dict[str, Any]:
    if reply.answer is Answer.ACCEPTED:
        return {"status": "accepted", "message": form.thanks}
    if reply.answer is Answer.ONE_MORE_STEP:
        step = {"t": "Send the `t` that GET gives with the form, or a solved ALTCHA challenge."}
        return {"status": "invalid", "errors": {**reply.errors, **step}}
    return {"status": reply.answer.value, "errors": dict(reply.errors)}


def _read_json(request: HttpRequest) -> Asked | None:
    if len(request.body) > MOST_JSON:
        return None
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    lists = body.get("lists", [])
    return Asked(
        email=_text(body, "email"),
        name=_text(body, "name"),
        list_ids=[one for one in lists if type(one) is int] if isinstance(lists, list) else [],
        consent=body.get("consent") is True,
        captcha=_text(body, "captcha"),
        stamp=_text(body, "t"),
        trap=_text(body, public_pages.TRAP),
        url=(_text(body, "url") or request.headers.get("Referer", ""))[:500],
        channel="json",
        text=_text(body, "text"),
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    return value if isinstance(value, str) else ""


def _cors(request: HttpRequest, form: SignupForm, response: HttpResponse) -> HttpResponse:
    """Let scripts of the form's allowed sites read the answer; nobody else's."""
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Origin"
    origin = request.headers.get("Origin", "")
    if origin.lower() in rules.origins(form.origins):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Methods"] = "GET, POST"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Access-Control-Max-Age"] = "600"
    return response


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link in the mail, with one button. Scanners open links, so only the button confirms."""
    now = installation().clock.now()
    pressed = request.method == "POST" and request.POST.get("confirm") == "yes"
    seen = (
        confirming.confirm(token, visitor_of(request, installation().config.trusted_proxies), now)
        if pressed
        else confirming.look(token, now)
    )
    status = 404 if seen.link is Link.UNKNOWN else 200
    context = {"seen": seen, "link": seen.link.value, "done": seen.fresh, **public_pages.who(seen)}
    return public_pages.sealed(HttpResponse(render_to_string("forms/confirm.html", context), status=status))
