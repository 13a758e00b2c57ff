"""Pages of connections: list, connect, and one connection with its set-up, identities and keys.

Lives here: HTTP in and out. Must not live here: calls to AWS other than through the feature's verbs, decisions.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sendwell.amazon.client import AwsError
from sendwell.connections import access, identities, presenting, public_url, service
from sendwell.connections.forms import ConnectForm, IdentityForm, KeysForm, TesterForm
from sendwell.connections.models import Connection, Identity
from sendwell.core.installation import installation
from sendwell.core.keyring import KeyRingError
from sendwell.workspaces.service import require_editor, require_owner, workspace_of

TROUBLE = (AwsError, access.NoConnectionError, KeyRingError, ValueError)


def _own(request: HttpRequest, pk: int) -> Connection:
    return get_object_or_404(Connection, pk=pk, workspace=workspace_of(request))


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All connections of the workspace."""
    found = Connection.objects.filter(workspace=workspace_of(request)).order_by("id")
    return render(request, "connections/list.html", {"rows": [presenting.summary(c) for c in found]})


@require_http_methods(["GET", "POST"])
@require_owner
def connect(request: HttpRequest) -> HttpResponse:
    """Connect an SES account: the keys are tried before anything is stored."""
    parts = installation()
    form = ConnectForm(request.POST or None, custom_endpoint=parts.config.aws_endpoint)
    if request.method == "POST" and form.is_valid():
        kind, region = form.cleaned_data["kind"], form.cleaned_data["region"]
        try:
            made = service.connect(workspace_of(request), kind, region, form.keys(), parts, parts.clock.now())
        except (AwsError, access.NoConnectionError) as error:
            form.add_error(presenting.field_of(error), str(error))
        else:
            messages.success(request, "The keys work. Set SES up next.")
            return redirect("connections:detail", pk=made.pk)
    context = {"form": form, "policy": presenting.POLICY, "reachable": presenting.unreachable(parts.config)}
    return render(request, "connections/connect.html", context)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One connection."""
    return _page(request, _own(request, pk))


def _page(request: HttpRequest, connection: Connection, **forms: object) -> HttpResponse:
    parts = installation()
    context = {
        **presenting.page(connection, parts.config),
        "identity_form": IdentityForm(),
        "tester_form": TesterForm(auto_id="tester_%s"),
        "keys_form": KeysForm(),
        **forms,
    }
    return render(request, "connections/detail.html", context)


@require_GET
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """The parts of the page that change by themselves; polled while something is pending."""
    connection = _own(request, pk)
    part = request.GET.get("part", "")
    if part not in ("setup", "account", "senders", "testers"):
        part = "setup"
    context = presenting.page(connection, installation().config)
    if part == "setup" and request.GET.get("was", connection.setup_state) != connection.setup_state:
        return render(request, "connections/_setup_changed.html", {**context, "changed": True})
    return render(request, f"connections/_{part}.html", context)


@require_POST
@require_editor
def set_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the set-up, with an address or domain to send from if one is given."""
    connection = _own(request, pk)
    sender = ""
    if request.POST.get("name", "").strip():
        form = IdentityForm(request.POST)
        if not form.is_valid():
            return _page(request, connection, setup_form=form)
        sender = form.cleaned_data["name"]
    service.request_setup(connection, sender, installation().clock.now())
    return redirect("connections:detail", pk=pk)


@require_POST
@require_editor
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask SES for the account and its identities now."""
    connection, parts = _own(request, pk), installation()

    def ask() -> str:
        service.refresh_account(connection, parts, parts.clock.now())
        identities.mirror(access.open_client(connection, parts), connection, parts.clock.now())
        return "This is what SES says now."

    return _attempt(request, pk, ask)


@require_POST
@require_editor
def add_identity(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a sender, or in the sandbox a recipient for tests."""
    connection, parts = _own(request, pk), installation()
    tester = request.POST.get("purpose") == "recipient"
    form = TesterForm(request.POST, auto_id="tester_%s") if tester else IdentityForm(request.POST)
    if not form.is_valid():
        return _page(request, connection, **{"tester_form" if tester else "identity_form": form})
    name = form.cleaned_data["name"]

    def add() -> str:
        purpose = "recipient" if tester else "sender"
        client = access.open_client(connection, parts)
        identity, created = identities.ensure(client, connection, name, purpose, parts.clock.now())
        return presenting.added(identity, created)

    return _attempt(request, pk, add)


@require_POST
@require_editor
def send_link(request: HttpRequest, pk: int, identity_id: int) -> HttpResponse:
    """Let SES mail the verification link again."""
    identity, parts = _own_identity(request, pk, identity_id), installation()

    def send() -> str:
        identities.send_link_again(access.open_client(identity.connection, parts), identity, parts.clock.now())
        return f"SES mails the link to {identity.name} again. It is valid for 24 hours."

    return _attempt(request, pk, send)


@require_POST
@require_editor
def remove_identity(request: HttpRequest, pk: int, identity_id: int) -> HttpResponse:
    """Delete an identity at SES."""
    identity, parts = _own_identity(request, pk, identity_id), installation()

    def remove() -> str:
        identities.remove(access.open_client(identity.connection, parts), identity)
        return f"{identity.name} was removed from SES."

    return _attempt(request, pk, remove)


@require_POST
@require_owner
def replace_keys(request: HttpRequest, pk: int) -> HttpResponse:
    """Use another key pair, once it has proved to work."""
    connection, parts, form = _own(request, pk), installation(), KeysForm(request.POST)
    if connection.is_rehearsal:
        messages.error(request, "The rehearsal's keys come with the embedded sesbox.")
        return redirect("connections:detail", pk=pk)
    if form.is_valid():
        try:
            service.replace_keys(connection, form.keys(), parts, parts.clock.now())
        except (AwsError, access.NoConnectionError) as error:
            form.add_error(presenting.field_of(error), str(error))
        else:
            messages.success(request, "The new keys work and are in use.")
            return redirect("connections:detail", pk=pk)
    return _page(request, connection, keys_form=form)


@require_POST
@require_editor
def check_public_url(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # a view's signature
    """Let a worker fetch this installation by its public address."""
    parts = installation()
    public_url.request(parts.config, parts.clock.now())
    return redirect("console:settings")


@require_GET
def public_url_live(request: HttpRequest) -> HttpResponse:
    """What the settings page says of the public address; polled while a check is under way."""
    parts = installation()
    return render(request, "connections/_public_url.html", public_url.view(parts.config, parts.clock.now()))


def _own_identity(request: HttpRequest, pk: int, identity_id: int) -> Identity:
    return get_object_or_404(
        Identity.objects.select_related("connection"), pk=identity_id, connection=_own(request, pk)
    )


def _attempt(request: HttpRequest, pk: int, act: Callable[[], str]) -> HttpResponse:
    """Do something at SES and go back to the page with what came of it."""
    try:
        messages.success(request, act())
    except TROUBLE as error:
        messages.error(request, str(error))
    return redirect("connections:detail", pk=pk)
