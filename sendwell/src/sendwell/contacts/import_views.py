"""Pages of CSV imports: upload, choosing columns, progress, report. Taking rows in is the job's (jobs.py)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sendwell.contacts import files, import_rules, imports, queries
from sendwell.contacts.forms import BASES, ImportForm
from sendwell.contacts.jobs import enqueue_import
from sendwell.contacts.models import Import, ImportState, List, RowOutcome, RowReason
from sendwell.contacts.views import now_of, who
from sendwell.workspaces.service import require_editor, workspace_of

PAGE = 50
_FINE = {
    RowOutcome.ADDED.value: "Now on the list, and may be mailed",
    RowOutcome.UPDATED.value: "On the list before; name or attributes are new",
    RowOutcome.UNCHANGED.value: "On the list before, just like this",
    RowOutcome.SKIPPED.value: "",
}


@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """All imports."""
    page = Paginator(queries.imports_of(workspace_of(request)), 50).get_page(request.GET.get("page"))
    return render(request, "contacts/imports.html", {"page": page})


@require_editor
@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Upload a file and say what its people agreed to."""
    workspace = workspace_of(request)
    initial = {"list": request.GET.get("list")}
    form = ImportForm(workspace, request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        file = data["file"]
        try:
            made = imports.create(
                data["list"],
                imports.Upload(file.name or "upload.csv", file.read(), data["source"], data["basis"], who(request)),
                now_of(),
            )
        except imports.FileError as error:
            form.add_error("file", str(error))
        else:
            return redirect("contacts:import_columns", made.pk)
    context = {
        "form": form,
        "bases": BASES,
        "who": who(request),
        "no_lists": not List.objects.filter(workspace=workspace).exists(),
    }
    return render(request, "contacts/import_new.html", context)


def _import(request: HttpRequest, import_id: int) -> Import:
    return get_object_or_404(queries.imports_of(workspace_of(request)), pk=import_id)


@require_editor
@require_http_methods(["GET", "POST"])
def import_columns(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show the first rows; choose what each column is; start, or look again with another encoding."""
    imported = _import(request, import_id)
    if imported.state != ImportState.UPLOADED:
        return redirect("contacts:import_detail", imported.pk)
    error = ""
    if request.method == "POST":
        try:
            if "reread" in request.POST:
                encoding, delimiter = request.POST.get("encoding", ""), request.POST.get("delimiter", "")
                if encoding in files.ENCODINGS and delimiter in files.DELIMITERS:
                    imports.reread(imported, encoding, delimiter)
                return redirect("contacts:import_columns", imported.pk)
            _start(imported, request.POST.getlist("column"))
            return redirect("contacts:import_detail", imported.pk)
        except imports.FileError as failed:
            error = str(failed)
    try:
        context = _columns(imported, error)
    except imports.FileError as gone:
        messages.error(request, str(gone))
        return redirect("contacts:imports")
    return render(request, "contacts/import_columns.html", context, status=422 if error else 200)


def _start(imported: Import, chosen: list[str]) -> None:
    with transaction.atomic():
        imports.start(imported, chosen)
        enqueue_import(imported.pk, now_of())


def _columns(imported: Import, error: str) -> dict[str, Any]:
    sample = imports.sample(imported)
    columns = [
        (heading, target, [row[n] for row in sample.rows][:3], _options(heading))
        for n, (heading, target) in enumerate(zip(sample.headings, sample.targets, strict=True))
    ]
    return {
        "imported": imported,
        "columns": columns,
        "sample": sample,
        "error": error,
        "encodings": files.ENCODINGS,
        "delimiters": files.DELIMITERS,
        "guessed_badly": imported.encoding == "cp1252",
    }


def _options(heading: str) -> list[tuple[str, str]]:
    options = [
        (import_rules.ADDRESS, "E-mail address"),
        (import_rules.NAME, "Name"),
        (import_rules.CONSENT, "Consent of each row"),
        (import_rules.IGNORE, "Leave out"),
    ]
    key = import_rules.head_key(heading)
    return [*options[:2], (f"{import_rules.ATTRIBUTE}{key}", f"Attribute “{key}”"), *options[2:]] if key else options


@require_editor
@require_POST
def import_discard(request: HttpRequest, import_id: int) -> HttpResponse:
    """Throw an upload away that was never started."""
    imports.discard(_import(request, import_id))
    return redirect("contacts:imports")


@require_GET
def import_detail(request: HttpRequest, import_id: int) -> HttpResponse:
    """Progress while it runs, then the report by row."""
    imported = _import(request, import_id)
    if imported.state == ImportState.UPLOADED:
        return redirect("contacts:import_columns", imported.pk)
    outcome, reason = request.GET.get("outcome", ""), request.GET.get("reason", "")
    report = queries.problems_first(queries.report(imported, outcome, reason))
    rows = Paginator(report, PAGE).get_page(request.GET.get("page"))
    chosen = {"outcome": outcome, "reason": reason, "outcomes": RowOutcome.choices, "reasons": RowReason.choices}
    context = _progress(imported) | {"page": rows} | chosen
    return render(request, "contacts/import_detail.html", context)


@require_GET
def import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """The live part of a running import; tells the browser to load the report when it is done."""
    imported = _import(request, import_id)
    response = render(request, "contacts/_import_progress.html", _progress(imported))
    if imported.state != ImportState.RUNNING:
        response["HX-Refresh"] = "true"
    return response


def _progress(imported: Import) -> dict[str, Any]:
    counts = [
        {
            "outcome": outcome,
            "label": RowOutcome(outcome).label,
            "reason": reason,
            "why": RowReason(reason).label if reason else _FINE[outcome],
            "rows": number,
        }
        for (outcome, reason), number in imports.counts(imported).items()
    ]
    counts.sort(key=lambda count: count["outcome"] != RowOutcome.SKIPPED)
    done = 100 * imported.cursor // max(imported.total, 1)
    return {"imported": imported, "counts": counts, "done": done, "rows": sum(c["rows"] for c in counts)}


@require_GET
def import_csv(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """The report as a CSV file that no spreadsheet takes for formulas."""
    imported = _import(request, import_id)
    rows = queries.report(imported, request.GET.get("outcome", ""), request.GET.get("reason", ""))
    lines = ([row.line, row.address, row.outcome, row.reason, row.detail] for row in rows.iterator(chunk_size=2000))
    response = StreamingHttpResponse(_csv(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{imported.pk}-report.csv"'
    return response


def _csv(lines: Iterator[list[Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(["line", "address", "outcome", "reason", "detail"])  # the mark is for Excel
    for line in lines:
        yield writer.writerow([files.safe_cell(cell) if isinstance(cell, str) else cell for cell in line])


class _Echo:
    """A file whose write gives the text back, so that csv.writer can stream."""

    def write(self, text: str) -> str:
        return text
