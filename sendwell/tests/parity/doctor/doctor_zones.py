"""The table of zones: good and broken ones, each with every finding that it must draw.

A zone is a sound one (`SOUND`) with some records replaced. `expects` are all findings of weight (critical, high, warn);
`says` are lighter ones that must be there too. `spf` and `dmarc` are what a receiver makes of the records.
"""

from __future__ import annotations

from dataclasses import dataclass, field

REGION = "eu-west-1"
TOKENS = ("sola", "tres", "unos")
RSA2048, RSA1024, RSA768, ED25519 = "@rsa2048@", "@rsa1024@", "@rsa768@", "@ed25519@"
SES_SPF = "v=spf1 include:amazonses.com ~all"


@dataclass(frozen=True)
class Zone:
    """One row. `changes` replace or (None) remove records of the sound zone; `more` are whole further lines."""

    id: str
    expects: str = ""
    changes: dict[str, str | tuple[str, ...] | None] = field(default_factory=dict)
    more: str = ""
    says: str = ""
    spf: str = "ok"
    dmarc: str = "sound"
    tokens: tuple[str, ...] = TOKENS
    selectors: tuple[str, ...] = ()
    region: str = REGION
    mail_from: str = "bounce.{d}"
    below: str = ""

    @property
    def origin(self) -> str:
        """Where the zone's records live."""
        return f"{self.id}.example"

    @property
    def domain(self) -> str:
        """The domain that is examined."""
        return f"{self.below}.{self.origin}" if self.below else self.origin


SOUND: dict[str, str] = {
    "{d} MX": "10 mx1.{d}",
    "mx1.{d} A": "192.0.2.10",
    "{d} TXT": "v=spf1 mx -all",
    "_dmarc.{d} TXT": "v=DMARC1; p=reject; rua=mailto:dmarc@{d}",
    "sola._domainkey.{d} CNAME": "sola.dkim.amazonses.com",
    "tres._domainkey.{d} CNAME": "tres.dkim.amazonses.com",
    "unos._domainkey.{d} CNAME": "unos.dkim.amazonses.com",
    "bounce.{d} MX": "10 feedback-smtp.eu-west-1.amazonses.com",
    "bounce.{d} TXT": SES_SPF,
}

# What the zones lean on: Amazon's names, and some neighbours with faults of their own.
NEIGHBOURS = f"""
amazonses.com TXT "v=spf1 ip4:199.255.192.0/22 ip4:199.127.232.0/22 ip4:54.240.0.0/18 -all"
sola.dkim.amazonses.com TXT "p={RSA2048}"
tres.dkim.amazonses.com TXT "p={RSA2048}"
unos.dkim.amazonses.com TXT "p={RSA2048}"
sola.dkim.eu-south-1.amazonses.com TXT "p={RSA2048}"
tres.dkim.eu-south-1.amazonses.com TXT "p={RSA2048}"
unos.dkim.eu-south-1.amazonses.com TXT "p={RSA2048}"
kilo.dkim.amazonses.com TXT "p={RSA1024}"
weak.dkim.amazonses.com TXT "v=DKIM1; k=rsa; p={RSA768}"
gone.dkim.amazonses.com TXT "v=DKIM1; k=rsa; p="
test.dkim.amazonses.com TXT "v=DKIM1; k=rsa; t=y; p={RSA2048}"
sha1.dkim.amazonses.com TXT "v=DKIM1; k=rsa; h=sha1; p={RSA2048}"
chat.dkim.amazonses.com TXT "v=DKIM1; k=rsa; s=chat; p={RSA2048}"
ruin.dkim.amazonses.com TXT "v=DKIM1; k=rsa; p=not*base64"
half.dkim.amazonses.com TXT "v=DKIM1; k=rsa; p={RSA2048}-half"
edda.dkim.amazonses.com TXT "v=DKIM1; k=ed25519; p={ED25519}"
_spf.host.example TXT "v=spf1 ip4:192.0.2.0/24 -all"
open.host.example TXT "v=spf1 +all"
mild.host.example TXT "v=spf1 ip4:192.0.2.0/24 ?all"
twin.host.example TXT "v=spf1 ip4:192.0.2.1 -all"
twin.host.example TXT "v=spf1 ip4:192.0.2.2 -all"
bare.host.example TXT "no SPF here"
five.host.example TXT "v=spf1 a:a1.host.example a:a2.host.example a:a3.host.example include:two.host.example -all"
two.host.example TXT "v=spf1 a:a5.host.example -all"
a1.host.example A 192.0.2.1
a2.host.example A 192.0.2.2
a3.host.example A 192.0.2.3
a5.host.example AAAA 2001:db8::5
ping.host.example TXT "v=spf1 include:pong.host.example -all"
pong.host.example TXT "v=spf1 include:ping.host.example -all"
many.host.example MX 10 m1.host.example
many.host.example MX 10 m2.host.example
many.host.example MX 10 m3.host.example
many.host.example MX 10 m4.host.example
many.host.example MX 10 m5.host.example
many.host.example MX 10 m6.host.example
many.host.example MX 10 m7.host.example
many.host.example MX 10 m8.host.example
many.host.example MX 10 m9.host.example
many.host.example MX 10 m10.host.example
many.host.example MX 10 m11.host.example
reports.example MX 10 mx.reports.example
mx.reports.example A 192.0.2.20
silent.example MX 0 .
"""


def text(zone: Zone) -> str:
    """The zone in master file format, before keys are filled in."""
    records: dict[str, str | tuple[str, ...] | None] = {**SOUND, **zone.changes}
    lines = [line for name, value in records.items() if value is not None for line in _lines(name, value)]
    return ("\n".join([*lines, zone.more]) + "\n").replace("{d}", zone.origin)


def _lines(name: str, value: str | tuple[str, ...]) -> list[str]:
    """A tuple holds several records; inside a TXT record `|` cuts it into strings."""
    values = value if isinstance(value, tuple) else (value,)
    if name.endswith(" TXT"):
        return [f"{name} " + " ".join(f'"{part}"' for part in one.split("|")) for one in values]
    return [f"{name} {one}" for one in values]


def spf(name: str, record: str | tuple[str, ...] | None, expects: str = "", *, to: str = "ok", **more: str) -> Zone:
    """A row about the SPF record of the From domain."""
    return Zone("spf-" + name, expects, {"{d} TXT": record}, spf=to, **more)  # type: ignore[arg-type]


def dmarc(
    name: str, record: str | tuple[str, ...] | None, expects: str = "", *, to: str = "sound", **more: str
) -> Zone:
    """A row about the DMARC record."""
    return Zone("dmarc-" + name, expects, {"_dmarc.{d} TXT": record}, dmarc=to, **more)  # type: ignore[arg-type]


def dkim(name: str, token: str, expects: str = "", says: str = "") -> Zone:
    """A row about what stands behind the three CNAMEs: two sound keys and the one called `token`."""
    changes: dict[str, str | tuple[str, ...] | None] = {
        "sola._domainkey.{d} CNAME": None,
        f"{token}._domainkey.{{d}} CNAME": f"{token}.dkim.amazonses.com",
    }
    return Zone("dkim-" + name, expects, changes, says=says, tokens=(token, "tres", "unos"))


R = "; rua=mailto:dmarc@{d}"
LONG = "v=spf1 " + " ".join(f"ip4:198.51.100.{n}" for n in range(1, 27)) + " -all"
LONGER = (
    "v=spf1 " + "|".join(" ".join(f"ip4:203.0.113.{n}" for n in range(i, i + 11)) + " " for i in (10, 21, 32)) + "-all"
)

SPF_ROWS = (
    spf("hard", "v=spf1 ip4:192.0.2.1 -all"),
    spf("soft", "v=spf1 include:_spf.host.example ~all"),
    spf("redirect", "v=spf1 redirect=_spf.host.example"),
    spf("upper", "V=SPF1 IP4:192.0.2.1 INCLUDE:_SPF.HOST.EXAMPLE -ALL"),
    spf("macro", "v=spf1 exists:%{i}._spf.%{o} -all"),
    spf("strings", "v=spf1 ip4:192.0.2.1 |include:_spf.host.example |-all"),
    spf("other-texts", ("v=spf1 mx -all", "site-verification=abc", "spf2.0/pra mx -all")),
    spf("unknown-modifier", "v=spf1 mx moo=cow -all"),
    spf("explained", "v=spf1 mx exp=why.{d} -all", more='why.{d} TXT "Ask %{{r}}"'),
    spf("mx-prefix", "v=spf1 mx/24//64 a:mx1.{d}/28 -all"),
    spf("none", None, "spf.none", to="none"),
    spf("plus-all", "v=spf1 mx +all", "spf.plus-all"),
    spf("bare-all", "v=spf1 mx all", "spf.plus-all"),
    spf("neutral", "v=spf1 mx ?all", "spf.neutral"),
    spf("no-end", "v=spf1 mx", "spf.no-end"),
    spf("redirect-open", "v=spf1 redirect=open.host.example", "spf.plus-all"),
    spf("redirect-mild", "v=spf1 redirect=mild.host.example", "spf.neutral"),
    spf("whole-world", "v=spf1 ip4:0.0.0.0/0 -all", "spf.wide"),
    spf("half-world", "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "spf.wide spf.wide"),
    spf("several", ("v=spf1 mx -all", "v=spf1 include:_spf.host.example ~all"), "spf.several", to="permerror"),
    spf("leading-blank", " v=spf1 mx -all", "spf.lookalike", to="none"),
    spf("version-10", "v=spf10 mx -all", "spf.lookalike", to="none"),
    spf("no-v", "spf1 mx -all", "spf.lookalike", to="none"),
    spf("semicolon", "v=spf1; mx; -all", "spf.lookalike", to="none"),
    spf("typo", "v=spf1 inculde:_spf.host.example -all", "spf.syntax", to="permerror"),
    spf("bad-ip", "v=spf1 ip4:192.0.2.256 -all", "spf.syntax", to="permerror"),
    spf("ip6-as-ip4", "v=spf1 ip4:2001:db8::1 -all", "spf.syntax", to="permerror"),
    spf("space-after-colon", "v=spf1 include: _spf.host.example -all", "spf.syntax", to="permerror"),
    spf("two-redirects", "v=spf1 redirect=_spf.host.example redirect=mild.host.example", "spf.syntax", to="permerror"),
    spf("glued", "v=spf1 include:_spf.host.example|include:amazonses.com -all", "spf.glued", to="permerror"),
    spf("glued-all", "v=spf1 ip4:192.0.2.1|-all", "spf.glued", to="permerror"),
    spf("single-label", "v=spf1 include:localhost -all", "spf.syntax", to="permerror"),
    spf("junk-after-all", "v=spf1 mx -all ip4:nonsense", "spf.syntax", to="permerror"),
    spf("after-all", "v=spf1 mx -all include:_spf.host.example", "spf.after-all"),
    spf("redirect-ignored", "v=spf1 mx redirect=_spf.host.example -all", "spf.redirect-ignored"),
    spf("ptr", "v=spf1 mx ptr -all", "spf.ptr"),
    spf("nine-lookups", "v=spf1 include:five.host.example mx a:a1.host.example a:a2.host.example -all",
        "spf.many-lookups"),
    spf("ten-lookups", "v=spf1 include:five.host.example mx a:a1.host.example a:a2.host.example a:a3.host.example -all",
        "spf.many-lookups"),
    spf("eleven-lookups", "v=spf1 include:five.host.example include:five.host.example -all", "spf.lookups",
        to="permerror"),
    spf("two-voids", "v=spf1 a:no1.host.example a:no2.host.example -all", "spf.empty"),
    spf("three-voids", "v=spf1 a:no1.host.example mx:no2.host.example a:no3.host.example -all", "spf.voids",
        to="permerror"),
    spf("exists-void", "v=spf1 exists:no1.host.example a:no2.host.example mx:no3.host.example -all", "spf.voids",
        to="permerror"),
    spf("include-nowhere", "v=spf1 include:nowhere.example -all", "spf.target-none", to="permerror"),
    spf("include-bare", "v=spf1 include:bare.host.example -all", "spf.target-none", to="permerror"),
    spf("include-twins", "v=spf1 include:twin.host.example -all", "spf.target-several", to="permerror"),
    spf("redirect-nowhere", "v=spf1 redirect=nowhere.example", "spf.target-none", to="permerror"),
    spf("loop", "v=spf1 include:ping.host.example -all", "spf.loop", to="permerror"),
    spf("self", "v=spf1 include:{d} -all", "spf.loop", to="permerror"),
    spf("eleven-mx", "v=spf1 mx:many.host.example -all", "spf.mx", to="permerror"),
    spf("useless", "v=spf1 mx include:amazonses.com -all", "spf.useless-include"),
    spf("long", LONG.replace("ip4:198.51.100.14 ", "ip4:198.51.100.14 |"), "spf.long"),
    spf("too-long", LONGER, "spf.too-long"),
)  # fmt: skip

DMARC_ROWS = (
    dmarc("watching", "v=DMARC1; p=none" + R, "dmarc.step-1"),
    dmarc("quarantine", "v=DMARC1; p=quarantine" + R, says="dmarc.step-2"),
    dmarc("strict", "v=DMARC1; p=reject; adkim=s" + R, says="dmarc.step-3"),
    dmarc("spaces", "v = DMARC1 ; p = Reject ; rua = mailto:dmarc@{d} ;", says="dmarc.step-3"),
    dmarc("testing", "v=DMARC1; p=reject; t=y" + R, says="dmarc.testing"),
    dmarc("unknown-tag", "v=DMARC1; p=reject; zz=1" + R, says="dmarc.step-3"),
    dmarc("strings", "v=DMARC1; p=rej|ect; rua=mail|to:dmarc@{d}", says="dmarc.step-3"),
    dmarc("missing", None, "dmarc.missing", to="none"),
    dmarc("several", ("v=DMARC1; p=none", "v=DMARC1; p=reject" + R), "dmarc.several", to="none"),
    dmarc("with-spf", ("v=DMARC1; p=reject" + R, "v=spf1 -all"), "dmarc.stray"),
    dmarc("lower-version", "v=dmarc1; p=reject" + R, "dmarc.malformed", to="none"),
    dmarc("no-semicolon", "v=DMARC1 p=reject" + R, "dmarc.malformed", to="none"),
    dmarc("leading-blank", " v=DMARC1; p=reject" + R, "dmarc.malformed", to="none"),
    dmarc("p-first", "p=reject; v=DMARC1" + R, "dmarc.stray dmarc.missing", to="none"),
    dmarc("bad-policy", "v=DMARC1; p=block", "dmarc.ignored", to="broken"),
    dmarc("bad-policy-rua", "v=DMARC1; p=block" + R, "dmarc.as-none", to="broken"),
    dmarc("bad-sp", "v=DMARC1; p=reject; sp=off" + R, "dmarc.as-none", to="broken"),
    dmarc("lost-semicolon", "v=DMARC1; p=reject rua=mailto:dmarc@{d}", "dmarc.ignored", to="broken"),
    dmarc("twice-p", "v=DMARC1; p=none; p=reject" + R, "dmarc.ignored", to="broken"),
    dmarc("no-policy", "v=DMARC1" + R, "dmarc.no-policy dmarc.step-1"),
    dmarc("nothing", "v=DMARC1", "dmarc.ignored", to="broken"),
    dmarc("junk", "v=DMARC1; p=reject; hello" + R, "dmarc.wrong-value"),
    dmarc("bad-adkim", "v=DMARC1; p=reject; adkim=x" + R, "dmarc.wrong-value"),
    dmarc("bad-t", "v=DMARC1; p=reject; t=maybe" + R, "dmarc.wrong-value"),
    dmarc("pct", "v=DMARC1; p=quarantine; pct=10" + R, "dmarc.removed", says="dmarc.step-2"),
    dmarc("sp-none", "v=DMARC1; p=reject; sp=none" + R, "dmarc.subdomain-hole"),
    dmarc("np-none", "v=DMARC1; p=reject; np=none" + R, "dmarc.nonexistent-hole"),
    dmarc("no-rua", "v=DMARC1; p=reject", "dmarc.no-reports"),
    dmarc("bad-rua", "v=DMARC1; p=reject; rua=dmarc@{d}", "dmarc.wrong-value dmarc.no-reports"),
    dmarc("rua-refused", "v=DMARC1; p=reject; rua=mailto:x@reports.example", "dmarc.reports-refused"),
    dmarc("rua-agreed", "v=DMARC1; p=reject; rua=mailto:x@reports.example",
          more='{d}._report._dmarc.reports.example TXT "v=DMARC1"'),
    dmarc("rua-silent", "v=DMARC1; p=reject; rua=mailto:x@silent.example", "dmarc.reports-undeliverable",
          more='{d}._report._dmarc.silent.example TXT "v=DMARC1"'),
    dmarc("rua-size", "v=DMARC1; p=reject; rua=mailto:dmarc@{d}!10m"),
    dmarc("rua-https", "v=DMARC1; p=reject; rua=mailto:dmarc@{d},https://reports.example/in"),
    Zone("dmarc-apex", "dmarc.wrong-place", {"_dmarc.{d} TXT": None, "{d} TXT": ("v=spf1 mx -all", "v=DMARC1; p=none")},
         dmarc="none"),
    Zone("dmarc-doubled", "dmarc.wrong-place", {"_dmarc.{d} TXT": None, "_dmarc.{d}.{d} TXT": "v=DMARC1; p=none"},
         dmarc="none"),
    Zone("dmarc-no-underscore", "dmarc.wrong-place", {"_dmarc.{d} TXT": None, "dmarc.{d} TXT": "v=DMARC1; p=none"},
         dmarc="none"),
    Zone("dmarc-apex-too", "", {"{d} TXT": ("v=spf1 mx -all", "v=DMARC1; p=none")}, says="dmarc.apex-leftover"),
)  # fmt: skip

# Domains below the one that holds the record: what is theirs stands in `more`.
_SUB = """
news.{d} MX 10 mx1.{d}
news.{d} TXT "v=spf1 mx -all"
sola._domainkey.news.{d} CNAME sola.dkim.amazonses.com
tres._domainkey.news.{d} CNAME tres.dkim.amazonses.com
unos._domainkey.news.{d} CNAME unos.dkim.amazonses.com
bounce.news.{d} MX 10 feedback-smtp.eu-west-1.amazonses.com
bounce.news.{d} TXT "v=spf1 include:amazonses.com ~all"
"""
_DEEP = _SUB.replace("news.{d}", "a.b.c.d.e.f.g.{d}")


def sub(name: str, record: str, expects: str = "", says: str = "dmarc.inherited", more: str = "", **rest: str) -> Zone:
    """A row about a subdomain; `record` stands at the organization's domain."""
    changes: dict[str, str | tuple[str, ...] | None] = {"_dmarc.{d} TXT": record}
    given = {"below": "news", "mail_from": "bounce.news.{d}", **rest}
    return Zone("sub-" + name, expects, changes, _SUB + more, says, **given)  # type: ignore[arg-type]


WALK_ROWS = (
    sub("inherits", "v=DMARC1; p=reject" + R, says="dmarc.inherited dmarc.step-3"),
    sub("sp", "v=DMARC1; p=none; sp=reject" + R, says="dmarc.inherited dmarc.step-3"),
    sub("sp-hole", "v=DMARC1; p=reject; sp=none" + R, "dmarc.step-1 dmarc.subdomain-hole"),
    sub("own", "v=DMARC1; p=none" + R, says="dmarc.step-3",
        more='_dmarc.news.{d} TXT "v=DMARC1; p=reject; rua=mailto:dmarc@{d}"\n'),
    sub("own-psd-n", "v=DMARC1; p=none" + R, says="dmarc.step-3",
        more='_dmarc.news.{d} TXT "v=DMARC1; p=reject; psd=n; rua=mailto:dmarc@news.{d}"\n'),
    sub("below-registry", "v=DMARC1; p=reject; psd=y" + R, says="dmarc.inherited"),
    Zone("sub-deep", "", {}, _DEEP, "dmarc.inherited", below="a.b.c.d.e.f.g", mail_from="bounce.a.b.c.d.e.f.g.{d}"),
    Zone("sub-jumped", "", {},
         _DEEP + '_dmarc.b.c.d.e.f.g.{d} TXT "v=DMARC1; p=none"\n', "dmarc.inherited dmarc.step-3",
         below="a.b.c.d.e.f.g", mail_from="bounce.a.b.c.d.e.f.g.{d}"),
    Zone("sub-return-path-elsewhere", "alignment.other-organization alignment.one-leg", {},
         '_dmarc.bounce.{d} TXT "v=DMARC1; p=reject; psd=n; rua=mailto:dmarc@bounce.{d}"\n'),
)  # fmt: skip

DKIM_ROWS = (
    dkim("1024", "kilo", says="dkim.1024 dkim.ok"),
    dkim("weak", "weak", "dkim.weak alignment.one-leg"),
    dkim("revoked-spare", "gone", says="dkim.revoked dkim.ok"),
    dkim("testing", "test", "dkim.testing"),
    dkim("sha1", "sha1", "dkim.sha1 alignment.one-leg"),
    dkim("chat", "chat", "dkim.not-for-mail alignment.one-leg"),
    dkim("no-base64", "ruin", "dkim.broken alignment.one-leg"),
    dkim("cut-off", "half", "dkim.broken alignment.one-leg"),
    dkim("ed25519", "edda", "dkim.ed25519"),
    dkim("keyless", "void", "dkim.keyless alignment.one-leg"),
    Zone("dkim-missing", "dkim.missing alignment.one-leg", {"unos._domainkey.{d} CNAME": None}),
    Zone("dkim-doubled", "dkim.doubled alignment.one-leg",
         {"unos._domainkey.{d} CNAME": None, "unos._domainkey.{d}.{d} CNAME": "unos.dkim.amazonses.com"}),
    Zone("dkim-text", "dkim.text alignment.one-leg",
         {"unos._domainkey.{d} CNAME": None, "unos._domainkey.{d} TXT": "unos.dkim.amazonses.com"}),
    Zone("dkim-proxied", "dkim.proxied alignment.one-leg",
         {"unos._domainkey.{d} CNAME": None, "unos._domainkey.{d} A": "192.0.2.80"}),
    Zone("dkim-shared-zone", "dkim.zone dkim.zone dkim.zone alignment.one-leg", region="eu-south-1",
         changes={"bounce.{d} MX": "10 feedback-smtp.eu-south-1.amazonses.com"}),
    Zone("dkim-own-zone", "", region="eu-south-1",
         changes={"bounce.{d} MX": "10 feedback-smtp.eu-south-1.amazonses.com",
                  **{f"{t}._domainkey.{{d}} CNAME": f"{t}.dkim.eu-south-1.amazonses.com" for t in TOKENS}}),
    Zone("dkim-wrong-target", "dkim.target alignment.one-leg", {"unos._domainkey.{d} CNAME": "dkim.amazonses.com.{d}"}),
    Zone("dkim-not-given", "", tokens=(), says="dkim.not-given alignment.dkim-unproven"),
    Zone("dkim-none", "dkim.none alignment.one-leg", {f"{t}._domainkey.{{d}} CNAME": None for t in TOKENS}, tokens=()),
    Zone("dkim-own-key", "", tokens=(), selectors=("mine",),
         changes={"mine._domainkey.{d} TXT": f"v=DKIM1; k=rsa; p={RSA2048}"}, says="dkim.ok"),
    Zone("dkim-own-key-twice", "dkim.selector-several alignment.one-leg", tokens=(), selectors=("mine",),
         changes={"mine._domainkey.{d} TXT": (f"v=DKIM1; p={RSA2048}", f"v=DKIM1; p={RSA1024}")}),
    Zone("dkim-own-key-gone", "dkim.all-revoked alignment.one-leg", tokens=(), selectors=("mine",),
         changes={"mine._domainkey.{d} TXT": "v=DKIM1; p="}),
)  # fmt: skip

_DOWN = "alignment.one-leg"
SES_ROWS = (
    Zone("sound", "", says="dkim.ok mail-from.ok spf.ok dmarc.step-3 alignment.ok mx.ok"),
    Zone("guessed", "", mail_from="", says="mail-from.found mail-from.ok"),
    Zone("path-none", f"mail-from.none {_DOWN}", {"bounce.{d} MX": None, "bounce.{d} TXT": None}, mail_from=""),
    Zone("path-no-mx", f"mail-from.mx-missing {_DOWN}", {"bounce.{d} MX": None}),
    Zone("path-two-mx", f"mail-from.mx-several {_DOWN}",
         {"bounce.{d} MX": ("10 feedback-smtp.eu-west-1.amazonses.com", "20 mx1.{d}")}),
    Zone("path-region", f"mail-from.mx-region {_DOWN}", {"bounce.{d} MX": "10 feedback-smtp.us-east-1.amazonses.com"}),
    Zone("path-foreign", f"mail-from.mx-foreign {_DOWN}", {"bounce.{d} MX": "10 mx1.{d}"}),
    Zone("path-doubled", f"mail-from.doubled mail-from.spf-missing {_DOWN}",
         {"bounce.{d} MX": None, "bounce.{d} TXT": None,
          "bounce.{d}.{d} MX": "10 feedback-smtp.eu-west-1.amazonses.com", "bounce.{d}.{d} TXT": SES_SPF}),
    Zone("path-alias", f"mail-from.alias mail-from.spf-missing {_DOWN}",
         {"bounce.{d} MX": None, "bounce.{d} TXT": None, "bounce.{d} CNAME": "mx1.{d}"}),
    Zone("path-preference", "mail-from.preference", {"bounce.{d} MX": "20 feedback-smtp.eu-west-1.amazonses.com"}),
    Zone("path-no-spf", f"mail-from.spf-missing {_DOWN}", {"bounce.{d} TXT": None}),
    Zone("path-other-spf", f"mail-from.spf-without-ses {_DOWN}", {"bounce.{d} TXT": "v=spf1 mx -all"}),
    Zone("path-neutral-ses", f"mail-from.spf-without-ses {_DOWN}",
         {"bounce.{d} TXT": "v=spf1 ?include:amazonses.com ~all"}),
    Zone("path-broken-spf", f"spf.several {_DOWN}", {"bounce.{d} TXT": (SES_SPF, "v=spf1 -all")}),
    Zone("path-same", f"mail-from.same {_DOWN}", mail_from="{d}"),
    Zone("path-not-below", f"mail-from.not-below {_DOWN}", mail_from="bounce.sound.example"),
    Zone("path-strict", "alignment.strict-spf alignment.one-leg",
         {"_dmarc.{d} TXT": "v=DMARC1; p=reject; aspf=s" + R}),
    Zone("nothing-proves", "dkim.missing mail-from.none alignment.none", mail_from="",
         changes={**{f"{t}._domainkey.{{d}} CNAME": None for t in TOKENS},
                  "bounce.{d} MX": None, "bounce.{d} TXT": None}),
    Zone("mx-none", "mx.none dmarc.reports-undeliverable", {"{d} MX": None, "{d} TXT": "v=spf1 ip4:192.0.2.1 -all"}),
    Zone("mx-implicit", "", {"{d} MX": None, "{d} A": "192.0.2.9", "{d} TXT": "v=spf1 a -all"}, says="mx.implicit"),
    Zone("mx-null", "mx.null dmarc.reports-undeliverable", {"{d} MX": "0 .", "{d} TXT": "v=spf1 -all"}),
    Zone("mx-null-and-others", "mx.null-and-others", {"{d} MX": ("0 .", "10 mx1.{d}")}),
    Zone("sts", "", {"_mta-sts.{d} TXT": "v=STSv1; id=20261122", "_smtp._tls.{d} TXT": "v=TLSRPTv1; rua=mailto:t@{d}"},
         says="mta-sts.ok tls-rpt.ok"),
    Zone("sts-bad", "mta-sts.bad tls-rpt.bad",
         {"_mta-sts.{d} TXT": "v=STSv1; id=not-good", "_smtp._tls.{d} TXT": "v=TLSRPTv1; rua=t@{d}"}),
    Zone("sts-twice", "mta-sts.bad", {"_mta-sts.{d} TXT": ("v=STSv1; id=1", "v=STSv1; id=2")}),
)  # fmt: skip

ROWS = (*SES_ROWS, *SPF_ROWS, *DMARC_ROWS, *WALK_ROWS, *DKIM_ROWS)
