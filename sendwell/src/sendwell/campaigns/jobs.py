"""Background work of campaigns: taking audiences into the ledger, noticing the end. The table is in worker.py."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sendwell.campaigns import service
from sendwell.campaigns.models import Campaign
from sendwell.core import jobs
from sendwell.core.jobs import Handler, JobContext

BATCHES_A_RUN = 20
LOOK_AGAIN = timedelta(seconds=3)
LOOK_SELDOM = timedelta(seconds=60)
MANY = 50_000


def expand(payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Take up to 20 batches in; comes again at once while there are more, so that other jobs get their turn."""
    campaign_id = int(payload["campaign"])
    if not Campaign.objects.filter(pk=campaign_id).exists():
        return None
    for _ in range(BATCHES_A_RUN):
        if not service.expand_next_batch(campaign_id, context.now):
            jobs.ensure(service.FINISH, str(campaign_id), payload, context.now + LOOK_AGAIN)
            return None
    return timedelta(0)


def finish(payload: dict[str, Any], context: JobContext) -> timedelta | None:
    """Look whether anybody's mail is open. Counting a large campaign's rows costs, so it is looked at less often."""
    campaign_id = int(payload["campaign"])
    if not Campaign.objects.filter(pk=campaign_id).exists() or service.finish_if_done(campaign_id, context.now):
        return None
    rows = sum(sum(reasons.values()) for reasons in service.counts(campaign_id).values())
    return LOOK_SELDOM if rows > MANY else LOOK_AGAIN


HANDLERS: dict[str, Handler] = {service.EXPAND: expand, service.FINISH: finish}
