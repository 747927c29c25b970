import pytest

from chatbot.model import Block

from .documents import blocks, document, texts

HEAD = "<!doctype html><html><head><title>Guide</title></head><body>"


def page(body: str) -> str:
    return HEAD + body


@pytest.mark.parametrize(
    "content", ["<main>{}</main>", "<div role=main>{}</div>", "<div><article>{}</article></div>"]
)
def test_the_main_content_is_what_the_page_says_it_is(content: str) -> None:
    around = (
        "<header>Brand</header><div>Welcome!</div>" + content + "<div>Subscribe</div><footer>(c)</footer>"
    )
    assert texts("a.html", page(around.format("<h1>Guide</h1><p>Text</p>"))) == ["Guide", "Text"]


def test_several_articles_are_all_content() -> None:
    assert texts("a.html", page("<article>One</article><article>Two</article>")) == ["One", "Two"]


def test_without_a_main_element_menus_and_the_like_are_left_out() -> None:
    links = "".join(f"<li><a href=/{n}>Page {n}</a></li>" for n in range(9))
    body = (
        f"<header>Brand</header><div><ul>{links}</ul></div><div class='wide sidebar'>Side</div>"
        "<div id=breadcrumbs>Home</div><div><h1>Guide</h1><p>See <a href=/a>this</a>.</p></div><footer>(c)</footer>"
    )
    assert texts("a.html", page(body)) == ["Guide", "See [this](/a)."]


def test_a_list_of_links_among_paragraphs_is_content() -> None:
    links = "".join(f"<li><a href=/{n}>Page {n}</a>" for n in range(5))
    assert len(texts("a.html", page(f"<h1>Guide</h1><p>Read on:</p><ul>{links}</ul>"))) == 3


def test_a_page_of_links_alone_is_not_left_empty() -> None:
    links = "".join(f"<li><a href=/{n}>Page {n}</a>" for n in range(5))
    assert "Page 4" in texts("a.html", page(f"<div><ul>{links}</ul></div>"))[0]


@pytest.mark.parametrize(
    "hidden",
    [
        "<nav>x</nav>",
        "<aside>x</aside>",
        "<footer>x</footer>",
        "<script>x</script>",
        "<style>x</style>",
        "<template><p>x</p></template>",
        "<noscript>x</noscript>",
        "<svg><text>x</text></svg>",
        "<p hidden>x</p>",
        "<p aria-hidden=true>x</p>",
        "<p style='color: red; display : none'>x</p>",
        "<button>x</button>",
        "<!-- x -->",
        "<div><span style='visibility:hidden'>x</span></div>",
    ],
)
def test_what_a_reader_does_not_see_is_dropped(hidden: str) -> None:
    assert texts("a.html", page(f"<main><p>before</p>{hidden}<p>after</p></main>")) == ["before", "after"]


def test_notes_that_are_set_as_asides_are_content() -> None:
    assert texts("a.html", page("<main><p>a</p><aside class='theme-tip'>Mind this.</aside></main>")) == [
        "a",
        "Mind this.",
    ]


def test_a_script_inside_of_an_attribute_hides_nothing() -> None:
    assert texts("a.html", page("<p title='<script>'>before</p><p>after</p>")) == ["before", "after"]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("<h2 id=own>T</h2>", "own"),
        ("<h2><a id=inner></a>T</h2>", "inner"),
        ("<h2><a name=inner></a>T</h2>", "inner"),
        ("<h2>T<a class=headerlink href='#linked'>¶</a></h2>", "linked"),
        ("<section id=around><h2>T</h2></section>", "around"),
        ("<section id=around><header><h2>T</h2></header></section>", "around"),
        ("<section id=around><h3>First</h3></section><h2>T</h2>", ""),
        ("<h2><button id=copy>Copy</button>T</h2>", ""),
    ],
)
def test_the_anchor_of_a_heading_is_where_links_to_it_lead(heading: str, anchor: str) -> None:
    found = [block for block in blocks("a.html", page(f"<main>{heading}</main>")) if block.text == "T"]
    assert found == [Block("heading", "T", 2, anchor)]


def test_inline_markup_becomes_markdown() -> None:
    body = "<p>Some <b>bold</b>,\n <em>new</em>  <code>a `b`</code> &amp; 1 &lt; 2, List&lt;int&gt;<br>next&nbsp;line</p>"
    assert texts("a.html", page(body)) == ["Some **bold**, *new* ``a `b``` & 1 < 2, List\\<int>\nnext line"]


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ("<a href='../b.html#c'>t</a>", "[t](https://example.org/b.html#c)"),
        ("<a href='#c'>t</a>", "[t](https://example.org/docs/a.html#c)"),
        ("<a href='https://x.org/a (b)'>t</a>", "[t](https://x.org/a%20%28b%29)"),
        ("<a href='javascript:alert(1)'>t</a>", "t"),
        ("<a href='data:text/html,x'>t</a>", "t"),
        ("<a href='http://[broken'>t</a>", "t"),
        ("<a name=x>t</a>", "t"),
        ("t<a href=/x><img src=i.png></a>", "t"),
    ],
)
def test_links_are_absolute_and_lead_to_pages(link: str, written: str) -> None:
    assert texts("a.html", page(f"<p>{link}</p>"), url="https://example.org/docs/a.html") == [written]


def test_lists_nest_and_count() -> None:
    body = "<ol start=3><li>c<ul><li>x<li>y</ul><li><p>d</p><p>more</p></ol><dl><dt>Term<dd>Means</dl>"
    assert blocks("a.html", page(body)) == (
        Block("list", "3. c\n   - x\n   - y\n4. d\n   more"),
        Block("list", "- **Term**\n  Means"),
    )


@pytest.mark.parametrize(
    "code",
    [
        "<pre><code class='hljs language-py'>{}</code></pre>",
        "<div class='highlight-py notranslate'><div class=highlight><pre><span></span>{}</pre></div></div>",
        "<pre class='brush:py'>{}</pre>",
        "<table><tr><td class=linenos><pre>1\n2</pre></td><td><pre class=lang-py>{}</pre></td></tr></table>",
    ],
)
def test_code_is_verbatim_with_its_language(code: str) -> None:
    inside = "<span class=k>def</span> f(a):\n    return a &lt; 2\n"
    assert blocks("a.html", page(code.format(inside))) == (
        Block("code", "```py\ndef f(a):\n    return a < 2\n```"),
    )


def test_a_table_becomes_markdown_below_its_caption() -> None:
    body = (
        "<table><caption>Sizes</caption><thead><tr><th>A<th>B</thead><tr><td>1|2<td>x<br>y<tr><td>z</table>"
    )
    assert blocks("a.html", page(body)) == (
        Block("text", "Sizes"),
        Block("table", "| A | B |\n| --- | --- |\n| 1\\|2 | x y |\n| z |  |"),
    )


def test_a_table_that_arranges_the_page_is_no_table() -> None:
    body = "<table><tr><td><h2>Title</h2><td><table><tr><td>a<td>b</table></table>"
    assert [block.kind for block in blocks("a.html", page(body))] == ["heading", "table"]


def test_a_block_inside_of_a_link_stays_a_block() -> None:
    assert texts("a.html", page("<a href=/x><h3>Card</h3><p>Text</p></a>")) == ["Card", "Text"]


def test_the_head_gives_title_address_and_keywords() -> None:
    head = (
        "<html><head><title>Install &amp; run – Site</title><link rel='canonical' href='/docs/install'>"
        "<meta name=Keywords content='setup, first steps,,setup'></head>"
    )
    read = document("a.html", f"{head}<h1>Install &amp; run</h1>", url="https://example.org/old/")
    assert read.title == "Install & run"
    assert read.url == "https://example.org/docs/install"
    assert read.tags == ("setup", "first steps")


def test_a_page_without_canonical_link_is_where_its_source_is() -> None:
    assert document("a.html", page("Text"), url="https://example.org/a").url == "https://example.org/a"


@pytest.mark.parametrize("href", ["javascript:alert(1)", "/relative", "", "http://["])
def test_a_canonical_link_that_leads_nowhere_is_ignored(href: str) -> None:
    assert document("a.html", f"<html><link rel=canonical href='{href}'><p>Text").url is None
