"""The pages: the chat, the documents that it answers from, and single passages."""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from http import HTTPStatus
from urllib.parse import quote

from markupsafe import Markup as Safe
from quart import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug import Response as WerkzeugResponse

from ..chats.turns import MOST_QUESTION_CHARS
from ..errors import CollectionNotFound, NotFound
from ..model import Passage
from ..services import Services
from .documents import Section, sections
from .markup import Markup
from .resources import TEMPLATES

TITLE = "Chatbot"

POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)

pages = Blueprint("pages", __name__, template_folder=str(TEMPLATES))
markup = Markup()


@pages.get("/")
async def chat() -> Response:
    """Show the chat."""
    return await _page("index.html", mode=_services().mode, limit_chars=MOST_QUESTION_CHARS)


@pages.get("/favicon.ico")
async def favicon() -> WerkzeugResponse:
    """Lead browsers that ask without having been told."""
    return redirect(url_for("static", filename="icon.svg"), HTTPStatus.MOVED_PERMANENTLY)


@pages.get("/documents")
async def documents() -> Response:
    """List the documents of the collection: what a reader without scripts finds his way with."""
    collection = _collection()
    found = await _services().store.documents(collection)
    links = [(id, _address(id, collection)) for id in sorted(found)]
    return await _page("documents.html", documents=links)


@pages.get("/documents/<path:document>")
async def document(document: str) -> Response:
    """
    Show a whole document.

    Raises:
        NotFound, StoreError
    """
    collection = _collection()
    passages = await _services().store.passages(collection, document)
    if not passages:
        raise NotFound("There is no such document.")
    # Tens of milliseconds for a long one, of a parser in Python: beside the event loop it still yields to it
    parts = await asyncio.to_thread(_rendered, passages)
    return await _revalidated(await _page("document.html", document=passages[0], parts_of_document=parts))


@pages.get("/passages/<collection>/<id>")
async def passage(collection: str, id: str) -> Response:
    """
    Return one passage as a piece of HTML.

    Raises:
        NotFound, StoreError
    """
    found = await _services().store.retrieve(collection, [id])
    if not found:
        raise NotFound("This passage is no longer in the index.")
    html = markup.passage(found[0].text, _base(found[0]))
    return await _revalidated(Response(html, content_type="text/html; charset=utf-8"))


@pages.errorhandler(NotFound)
@pages.errorhandler(CollectionNotFound)
async def missing(error: NotFound | CollectionNotFound) -> Response:
    page = await _page("missing.html", message=error.message)
    page.status_code = 404
    return page


@pages.after_app_request
async def secure(response: Response) -> Response:
    """Set what keeps a page from loading, embedding or telling anything it should not."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    if request.endpoint == "static":
        response.headers["Cache-Control"] = (
            "no-cache"  # modules without a build step: asked for, sent if changed
        )
    return response


def _services() -> Services:
    services: Services = current_app.extensions["services"]
    return services


def _collection() -> str:
    return request.args.get("collection") or _services().collection


async def _page(template: str, **values: object) -> Response:
    html = await render_template(template, title=TITLE, **values)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


async def _revalidated(response: Response) -> Response:
    """Answer that nothing has changed to a browser that has the same already."""
    content = await response.get_data(as_text=False)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(blake2b(content, digest_size=12).hexdigest())
    await response.make_conditional(request)
    return response


def _rendered(passages: Sequence[Passage]) -> list[tuple[Section, Safe]]:
    base = _base(passages[0])
    return [(part, Safe(markup.passage(part.text, base))) for part in sections(passages)]  # noqa: S704 (sanitised)


def _base(passage: Passage) -> str:
    """Return the address that the document's relative links are meant from."""
    return passage.url or f"/documents/{quote(passage.document)}"


def _address(document: str, collection: str) -> str:
    default = _services().collection
    return f"/documents/{quote(document)}" + (
        "" if collection == default else f"?collection={quote(collection)}"
    )
