"""Compiling and rendering: what recipients get, what templates may do, what blocks sending."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from sendwell.content import service
from sendwell.content.service import ContentSource, Links, ProblemCode, Rendered, RenderError

URL = "https://mail.example.com/u/abc-DEF_123"
LINKS = Links(URL, URL)
FIELDS = {"address": "jane@x.test", "name": "Jane", "attributes": {"city": "Köln"}}
SOURCE = ContentSource(
    content_id=1,
    workspace_id=1,
    message_class="marketing",
    from_name="Bücher",
    from_address="news@shop.example",
    reply_to="",
    subject="Hello {{ name }}",
    body="# Hi {{ name }}\n\nNews from **{{ attributes.city }}**, see [the site](https://shop.example/?a=1&b=2).",
    body_format="markdown",
    list_name="Readers",
    list_number=7,
    sender_name="Bücher & Co",
    postal_address="1 Street\n12345 Town",
)


def rendered(body: str = SOURCE.body, fields: dict[str, object] = FIELDS, **changes: str) -> Rendered:
    return service.render(service.compile(replace(SOURCE, body=body, **changes)), fields, LINKS)


def hrefs(html: str) -> list[str]:
    return [a.get("href") for a in lxml_html.document_fromstring(html).iter("a")]


def test_one_mail() -> None:
    mail = rendered()
    assert mail.subject == "Hello Jane"
    assert "<h1" in mail.html and "Hi Jane" in mail.html and "<strong>Köln</strong>" in mail.html
    assert hrefs(mail.html) == ["https://shop.example/?a=1&b=2", URL]
    assert mail.html.startswith("<!DOCTYPE html>") and '<meta charset="utf-8">' in mail.html
    assert "Hi Jane\n\nNews from Köln, see the site: https://shop.example/?a=1&b=2." in mail.text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("[See them](https://x.test/new)", "See them: https://x.test/new\n"),
        ("Go: <https://x.test/a_b?c=d&e=f>.", "Go: https://x.test/a_b?c=d&e=f.\n"),
        ("[https://x.test/](https://x.test)", "https://x.test/\n"),
        ("Write to <me@x.test>", "Write to me@x.test\n"),
        ("[Write](mailto:me@x.test)", "Write: mailto:me@x.test\n"),
        ("[![logo](https://x.test/l.png)](https://x.test)", "https://x.test\n"),
        ("[**Big** sale ](https://x.test) [two](https://y.test)", "Big sale: https://x.test two: https://y.test\n"),
        ("[see [1] there](https://x.test)", "see [1] there: https://x.test\n"),
        ("[for you](https://x.test/{{ name }})", "for you: https://x.test/Jane\n"),
    ],
)
def test_links_read_in_the_text_part(body: str, text: str) -> None:
    assert rendered(body).text.partition("\n-- ")[0].rstrip() + "\n" == text


def test_marketing_mail_carries_link_reason_and_postal_address_in_both_parts() -> None:
    mail = rendered()
    for part in (mail.text, lxml_html.document_fromstring(mail.html).text_content()):
        assert "You get this because jane@x.test is on the list “Readers” of Bücher & Co." in part
        assert "1 Street" in part and "12345 Town" in part and "Unsubscribe" in part
    assert URL in mail.text


def test_marketing_mail_carries_the_headers_of_rfc_8058() -> None:
    assert rendered().headers == (
        ("List-Unsubscribe", f"<{URL}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", "Readers <list-7.shop.example>"),
    )


@pytest.mark.parametrize("name", ["Bücher, news", "A, B", 'The "list"', "x\r\nBcc: evil@x.test", "日本語" * 30, ""])
def test_header_values_fit_ses_and_read_back(name: str) -> None:
    value = dict(rendered(list_name=name).headers)["List-Id"]
    assert re.fullmatch(r"[ -~]{1,995}", value)
    parsed = email.message_from_string(f"X-Name: {value}\n\n", policy=email.policy.default)["X-Name"]
    assert str(parsed).endswith("<list-7.shop.example>")
    if name.isascii() and '"' not in name and "\r" not in name:
        assert name in value
    if not name.isascii():
        assert str(parsed).startswith(name)


def test_a_link_that_the_author_placed_is_not_doubled() -> None:
    mail = rendered("Hi. [Bye]({{ unsubscribe_url }})")
    assert hrefs(mail.html) == [URL] and mail.text.count(URL) == 1
    assert "12345 Town" in mail.text and "12345 Town" in mail.html
    mail = rendered("Hi. {{ postal_address }}")
    assert mail.text.count("12345 Town") == 1 and URL in mail.text


def test_a_link_hidden_by_a_condition_is_noticed() -> None:
    with pytest.raises(RenderError, match="unsubscribe"):
        rendered("{% if false %}{{ unsubscribe_url }}{% endif %}")


def test_transactional_mail_has_neither_footer_nor_list_headers() -> None:
    source = replace(SOURCE, message_class="transactional", body="Code {{ code }}", subject="Your code")
    mail = service.render(service.compile(source), {"code": "123"}, Links())
    assert mail.headers == () and "Unsubscribe" not in mail.html + mail.text and "Town" not in mail.text
    assert "Code 123" in mail.text


def test_marketing_mail_without_a_link_is_refused() -> None:
    with pytest.raises(RenderError):
        service.render(service.compile(SOURCE), FIELDS, Links())


@given(st.text(max_size=30))
def test_fields_cannot_inject_markup_headers_or_templates(name: str) -> None:
    fields = {**FIELDS, "name": f"<script>{name}</script>" + "{{ address }}"}
    try:
        mail = rendered('Hi {{ name }} <img alt="{{ name }}">', fields, body_format="html")
    except RenderError:
        assert re.search(r"[\x00-\x1f\x7f\u2028\u2029]", name)
        return
    assert "<script" not in mail.html and "{{ address }}" in mail.text
    assert not re.search(r"[\r\n]", mail.subject)


@pytest.mark.parametrize("name", ["a\r\nBcc: x@x.test", "a\nb", "a\x00b", "a\u2028b"])
def test_a_subject_cannot_break_out_of_its_header(name: str) -> None:
    with pytest.raises(RenderError, match="subject"):
        rendered("Hi", {**FIELDS, "name": name})


def test_non_ascii_subjects_stay_unicode() -> None:
    assert rendered(fields={**FIELDS, "name": "Žofie 🎉"}).subject == "Hello Žofie 🎉"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ attributes.nope | default: 'friend' }}", "friend"),
        ("{% if attributes.nope %}a{% else %}b{% endif %}", "b"),
        ("{% unless attributes.nope %}c{% endunless %}", "c"),
        ("{% if attributes.city == 'Köln' %}d{% endif %}", "d"),
    ],
)
def test_missing_values_are_fine_where_the_template_expects_them(body: str, text: str) -> None:
    assert rendered(body).text.startswith(text + "\n")


@pytest.mark.parametrize("body", ["{{ attributes.nope }}", "{{ nope }}", "{{ attributes.nope | upcase }}"])
def test_missing_values_elsewhere_are_errors_that_name_them(body: str) -> None:
    with pytest.raises(RenderError, match="nope"):
        rendered(body)


@pytest.mark.parametrize(
    "body",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..1000) %}{% assign x = x | append: x %}{% endfor %}",
        "{{ 'a'" + " | replace: 'a', 'aaaaaaaaaaaaaaaa'" * 9 + " }}",
        "{{ 'aa' | split: ''" + " | join: 'aaaaaaaaaaaaaaaa' | split: ''" * 9 + " }}",
        "{% if true %}" * 60 + "{% endif %}" * 60,
        "{% include 'secrets' %}",
        "{% render 'secrets' %}",
        "{{ name | safe }}",
        "{{ name.__class__ }}",
        "{{ 5 | divided_by: 0 }}",
        "{{",
        "{% if %}",
        "{% nonsense %}",
        "{{ name | nonsense }}",
    ],
)
def test_templates_stay_within_their_bounds(body: str) -> None:
    with pytest.raises(RenderError):
        rendered(body)


def test_loops_and_conditions_hold_together_in_html_and_text() -> None:
    body = "{% for n in (1..2) %}\n- item {{ n }}\n{% endfor %}\n\n{% if name == 'Bob' %}\n## Secret\n{% endif %}"
    mail = rendered(body)
    assert mail.html.count("<li") == 2 and mail.text.count("item") == 2
    assert "Secret" not in mail.html + mail.text


@pytest.mark.parametrize("cell", ["<td>{{ n }}</td>", "<td>row</td>"])
def test_loops_over_table_rows_stay_in_their_table(cell: str) -> None:
    body = f"<table><tr><th>Head</th></tr>{{% for n in (1..3) %}}<tr>{cell}</tr>{{% endfor %}}</table>"
    mail = rendered(body, body_format="html")
    table = lxml_html.document_fromstring(mail.html).xpath("//table[.//th and not(.//table)]")[0]
    assert len(table.xpath(".//td")) == 3
    assert len(re.findall(r"^(?:row|[123])$", mail.text, re.MULTILINE)) == 3


def test_conditions_inside_attributes_work() -> None:
    mail = rendered('<a href="https://x.test/{% if name == "Jane" %}j{% else %}o{% endif %}">x</a>', body_format="html")
    assert hrefs(mail.html)[0] == "https://x.test/j" and "https://x.test/j" in mail.text


def test_expressions_survive_markdown() -> None:
    mail = rendered('*{{ name | append: "_a_*b*" }}* `{{ name }}` [x](https://x.test/{{ name | url_encode }})')
    assert "<em>Jane_a_*b*</em>" in mail.html and "https://x.test/Jane" in mail.html


def test_words_like_our_stand_ins_are_left_alone() -> None:
    assert "lqd0q0x lqd1q0x Jane" in rendered("lqd0q0x lqd1q0x {{ name }}").text


def test_raw_liquid_is_shown() -> None:
    assert "{{ name }}" in rendered("{% raw %}{{ name }}{% endraw %}").text


def test_an_authors_whole_document_is_kept_with_our_footer_inside() -> None:
    style = "<style>p{color:red}@media print{p{color:blue}}</style>"
    body = f"<!doctype html><html><head>{style}</head><body><p>Hi</p></body></html>"
    mail = rendered(body, body_format="html")
    assert '<p style="color: red;">' in mail.html and "@media print" in mail.html
    assert mail.html.index(URL) < mail.html.index("</body>") and mail.html.count("<body") == 1
    assert mail.text.startswith("Hi\n")


def test_remote_stylesheets_are_not_fetched() -> None:
    rendered(
        '<html><head><link rel="stylesheet" href="http://127.0.0.1:9/x.css"></head><body>x</body></html>',
        body_format="html",
    )


CLEAN = replace(SOURCE, body="Hi {{ name }}")


def codes(**changes: str) -> set[ProblemCode]:
    return {problem.code for problem in service.lint(replace(CLEAN, **changes))}


def test_a_sound_draft_has_no_problems() -> None:
    assert service.lint(SOURCE) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": " "}, ProblemCode.SUBJECT_EMPTY),
        ({"subject": "Re: you"}, ProblemCode.SUBJECT_FAKE_REPLY),
        ({"subject": "FWD: you"}, ProblemCode.SUBJECT_FAKE_REPLY),
        ({"body": "\n"}, ProblemCode.BODY_EMPTY),
        ({"sender_name": ""}, ProblemCode.SENDER_NAME_MISSING),
        ({"postal_address": " "}, ProblemCode.POSTAL_ADDRESS_MISSING),
        ({"from_address": ""}, ProblemCode.FROM_MISSING),
        ({"from_address": "me@Gmail.com"}, ProblemCode.FROM_FREEMAIL),
        ({"body": "{{ frist_name }}"}, ProblemCode.VARIABLE_UNKNOWN),
        ({"subject": "{{ frist_name }}"}, ProblemCode.VARIABLE_UNKNOWN),
        ({"body": "{% if name %}"}, ProblemCode.TEMPLATE_BROKEN),
        ({"subject": "{{ name | nonsense: }}"}, ProblemCode.TEMPLATE_BROKEN),
        ({"body": "{% if false %}{{ unsubscribe_url }}{% endif %}"}, ProblemCode.TEMPLATE_BROKEN),
        ({"body": "x" * 96_000}, ProblemCode.TOO_BIG),
        ({"body": "Hi <!-- not closed", "body_format": "html"}, ProblemCode.UNSUBSCRIBE_HIDDEN),
        ({"body": "<div style='display:none'><div>Hi", "body_format": "html"}, ProblemCode.UNSUBSCRIBE_HIDDEN),
    ],
)
def test_what_blocks_sending(changes: dict[str, str], code: ProblemCode) -> None:
    assert codes(**changes) == {code}


def test_problems_name_the_field_and_the_remedy() -> None:
    for problem in service.lint(replace(SOURCE, subject="", body="", sender_name="", from_address="x@gmx.de")):
        assert problem.field and problem.text.endswith((".", "there.")) and len(problem.text) > 20


def test_attributes_of_any_name_are_known_and_transactional_mail_brings_its_own_words() -> None:
    assert codes(body="{{ attributes.whatever }}") == set()
    assert codes(message_class="transactional", body="{{ anything.at.all }} {{ x }}", sender_name="") == set()


def test_preview_shows_a_draft_with_problems() -> None:
    shown = service.preview(replace(SOURCE, sender_name="", body="Hi {{ attributes.first_name }}"))
    assert shown.rendered is not None and "first name" in shown.rendered.text
    assert [p.code for p in shown.problems] == [ProblemCode.SENDER_NAME_MISSING]
    assert service.preview(replace(SOURCE, body="{% if %}")).rendered is None


def test_names_of_sender_and_list_are_text_whatever_is_in_them() -> None:
    odd = "{{ name }} <b>{% if %}[[list_name]]"
    mail = rendered("Hi", list_name=odd, sender_name=odd, postal_address=odd + "\nTown")
    assert mail.text.count(odd) == 4
    shown = lxml_html.document_fromstring(mail.html).text_content()
    assert shown.count(odd) == 4 and "<b>" not in mail.html


def test_html_source_is_not_indented_in_the_text_part() -> None:
    body = "<div>\n  <h1>Hi</h1>\n  <div>\n    <p>One\n    line</p>\n    <p><b>a</b>\n<i>b</i></p>\n  </div>\n</div>"
    assert rendered(body, body_format="html").text.startswith("Hi\n\nOne line\n\na b\n")
