"""A sesbox without doors: operations and due work run on an account in memory, on a clock of the test's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sesbox.account import Account, Due, Log, Message, Store
from sesbox.operations import TABLE
from sesbox.operations.base import Caller, Context, Outcome, Profile
from sesbox.operations.delivering import settle
from sesbox.operations.publishing import fan_out
from sesbox.operations.records import KINDS, decode, encode
from sesbox.operations.reviewing import auto_review
from sesbox.operations.verifying import DnsFindings, check_domain

START = 1_750_000_000.0
ACCOUNT = "123456789012"


class CountingIds:
    """Ids that tell where they come from."""

    def __init__(self) -> None:
        self.count = 0

    def _next(self) -> int:
        self.count += 1
        return self.count

    def uuid(self) -> str:
        return f"00000000-0000-4000-8000-{self._next():012d}"

    def token(self, length: int) -> str:
        return f"t{self._next()}".ljust(length, "x")

    def message_id(self, region: str, now: float) -> str:
        return f"0100{int(now * 1000):012x}-{self._next():08x}-0000-4000-8000-000000000000-000000"


class World:
    def __init__(self, **profile: Any) -> None:
        self.profile = Profile(**profile)
        self.account = Account(ACCOUNT, "us-east-1")
        self.now = START
        self.ids = CountingIds()
        self.caller = Caller("AKIATEST", ACCOUNT, "user", "192.0.2.1")
        self.messages: dict[str, Message] = {}
        self.due: list[Due] = []
        self.posts: list[Mapping[str, Any]] = []
        self.events: list[Mapping[str, Any]] = []
        self.dns = DnsFindings()

    @property
    def ctx(self) -> Context:
        return Context(self.account, self.now, self.ids, self.caller, self.profile)

    def apply(self, outcome: Outcome) -> Mapping[str, Any]:
        for change in outcome.changes:
            if isinstance(change, Store):
                self.messages[change.message.message_id] = change.message
            elif isinstance(change, Due):
                self.due.append(replace(change, data=json.loads(json.dumps(change.data))))
            elif isinstance(change, Log):
                json.dumps(change.data)
                if change.kind == "event":
                    self.events.append(change.data["event"])
        self.account.apply(outcome.changes)
        return outcome.response

    def call(self, service: str, operation: str, /, **params: Any) -> Any:
        return self.apply(TABLE[service, operation](self.ctx, params))

    def v2(self, operation: str, /, **params: Any) -> Any:
        return self.call("sesv2", operation, **params)

    def v1(self, operation: str, /, **params: Any) -> Any:
        return self.call("ses", operation, **params)

    def sns(self, operation: str, /, **params: Any) -> Any:
        return self.call("sns", operation, **params)

    def wait(self, seconds: float = 0.0) -> None:
        """Move the clock and do what is due by then, in order."""
        end = self.now + seconds
        while True:
            ready = [item for item in self.due if item.at <= end]
            if not ready:
                break
            first = min(ready, key=lambda item: item.at)
            self.due.remove(first)
            self.now = max(self.now, first.at)
            self.apply(self._handle(first.task, first.data))
        self.now = end

    def _handle(self, task: str, data: Mapping[str, Any]) -> Outcome:
        if task == "deliver":
            return settle(self.ctx, self.messages[data["message_id"]], data["recipients"])
        if task == "publish":
            self.events.append(data["event"])
            return fan_out(self.ctx, data)
        if task == "review":
            return auto_review(self.ctx, data)
        if task == "check_domain":
            return check_domain(self.ctx, data["domain"], self.dns)
        assert task == "post"
        self.posts.append(data)
        return Outcome({})

    def verify(self, *names: str) -> None:
        """Make verified identities of addresses (by the link in the mail) and domains."""
        from sesbox.operations.verifying import confirm

        for name in names:
            self.v2("CreateEmailIdentity", EmailIdentity=name)
            if "@" in name:
                text = list(self.messages.values())[-1].raw.decode()
                self.apply(confirm(self.ctx, text.split("token=")[1].split()[0]))

    def send(self, to: str | list[str], source: str = "s@y.test", **params: Any) -> str:
        """SES v2's SendEmail of a small text."""
        simple = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hello"}}}
        destination = {"ToAddresses": [to] if isinstance(to, str) else to}
        params = {"FromEmailAddress": source, "Destination": destination, "Content": {"Simple": simple}} | params
        return str(self.v2("SendEmail", **params)["MessageId"])

    def listen(self, *types: str, configuration_set: str = "cs", policy: bool = True) -> str:
        """A configuration set whose events of these types go to a topic with one confirmed subscription."""
        arn = str(self.sns("CreateTopic", Name="events")["TopicArn"])
        if policy:
            self.allow(arn)
        self.sns("Subscribe", TopicArn=arn, Protocol="http", Endpoint="http://hook.test/sns")
        self.wait()
        self.sns("ConfirmSubscription", TopicArn=arn, Token=self.posts[-1]["token"])
        self.v2("CreateConfigurationSet", ConfigurationSetName=configuration_set)
        destination = {"Enabled": True, "MatchingEventTypes": list(types), "SnsDestination": {"TopicArn": arn}}
        self.v2(
            "CreateConfigurationSetEventDestination",
            ConfigurationSetName=configuration_set,
            EventDestinationName="to-sns",
            EventDestination=destination,
        )
        return arn

    def allow(self, arn: str) -> None:
        """Give the topic the statement that SES needs."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "ses.amazonaws.com"},
            "Action": "SNS:Publish",
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sns("SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)

    def restarted(self) -> World:
        """The same world with all records written as JSON and read back."""
        for cls in KINDS.values():
            for record in self.account.all(cls):
                again = decode(cls.kind, json.loads(json.dumps(encode(record))))
                assert again == record
        return self


@pytest.fixture
def sandbox() -> World:
    """A new account in the sandbox with the verified domain y.test."""
    world = World()
    world.verify("y.test")
    return world


@pytest.fixture
def production() -> World:
    """An account out of the sandbox with the verified domain y.test."""
    world = World(production=True, max_24_hour_send=50_000.0, max_send_rate=14.0)
    world.verify("y.test")
    return world


@pytest.fixture
def make_world() -> type[World]:
    return World
