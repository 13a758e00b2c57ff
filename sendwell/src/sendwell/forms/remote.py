"""Asking a captcha service over HTTPS, within 5 seconds in all, failing closed.

Lives here: the one call. Must not live here: what is asked and what the answer means (captchas.py).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from sendwell.forms.captchas import LONGEST_ANSWER, Question, Verdict, judge, question
from sendwell.forms.rules import Captcha

SECONDS = 5.0
MOST_BYTES = 64 * 1024

log = logging.getLogger("sendwell.forms")


def verify(
    kind: Captcha, answer: str, secret: str, site_key: str, ip: str, hosts: Collection[str], endpoint: str = ""
) -> Verdict:
    """Whether the service says yes. Trouble of any sort is a no, and the log names it without the secret.

    `endpoint` replaces the service's scheme and host (tests).
    """
    if not answer or len(answer) > LONGEST_ANSWER:
        return Verdict(False, "no answer of the widget")
    asked = question(kind, answer, secret, site_key, ip)
    try:
        status, body = asyncio.run(_post(asked, _moved(asked.url, endpoint)))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        log.warning("captcha %s: the service cannot be asked: %s", kind, type(error).__name__)
        return Verdict(False, f"the service cannot be asked: {type(error).__name__}", broken=True)
    verdict = judge(kind, status, body, hosts)
    if verdict.broken:
        log.warning("captcha %s: the service refuses us: %s", kind, verdict.detail)
    return verdict


def _moved(url: str, endpoint: str) -> str:
    if not endpoint:
        return url
    there = urlsplit(endpoint)
    return urlunsplit(urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc))


async def _post(asked: Question, url: str) -> tuple[int, Any]:
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(url, data=asked.body, headers=dict(asked.headers), allow_redirects=False) as answer,
    ):
        return answer.status, json.loads(await answer.content.read(MOST_BYTES))
