import codecs
import os
import zlib

import pytest

from chatbot.errors import UnreadableDocument

from .documents import document, texts

SAMPLES = {
    "cp1252": "Die Größe der Übertragung hängt von der Verbindung ab. Sie kostet „nichts“ oder 5 €.",
    "latin-1": "L'élève a été reçu à l'école où il étudie les mathématiques depuis l'été dernier.",
    "shift_jis": "プログラムをインストールする前に、設定ファイルを確認してください。",
    "euc_jp": "プログラムをインストールする前に、設定ファイルを確認してください。",
    "euc_kr": "프로그램을 설치하기 전에 설정 파일을 확인하십시오. 자세한 내용은 설명서를 참조하십시오.",
    "gb18030": "在安装程序之前，请检查配置文件。有关详细信息，请参阅用户手册。该系统支持多种语言。",
    "koi8_r": "Перед установкой программы проверьте файл настроек. Подробности в руководстве пользователя.",
    "cp1251": "Перед установкой программы проверьте файл настроек. Подробности в руководстве пользователя.",
    "cp1253": "Πριν εγκαταστήσετε το πρόγραμμα, ελέγξτε το αρχείο ρυθμίσεων.",
    "cp1254": "Programı kurmadan önce yapılandırma dosyasını denetleyin. Şifrenizi değiştirin.",
    "cp874": "ก่อนติดตั้งโปรแกรม โปรดตรวจสอบไฟล์การตั้งค่า ดูรายละเอียดเพิ่มเติมได้ในคู่มือผู้ใช้",
    "cp1256": "قبل تثبيت البرنامج تحقق من ملف الإعدادات. لمزيد من التفاصيل راجع دليل المستخدم.",
}


@pytest.mark.parametrize("encoding", SAMPLES)
def test_an_encoding_that_nothing_declares_is_detected(encoding: str) -> None:
    assert texts("a.txt", SAMPLES[encoding].encode(encoding)) == [SAMPLES[encoding]]


@pytest.mark.parametrize(
    "text",
    [
        "He said \u201cwait\u201d \u2014 and it\u2019s fine.",
        "It\u2019s fine",
        "It costs 5 \u20ac",
        "Gr\u00fc\u00dfe",
    ],
)
def test_a_few_bytes_beyond_ascii_are_those_of_western_europe(text: str) -> None:
    assert texts("a.txt", text.encode("cp1252")) == [text]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_and_disappears(mark: bytes, encoding: str) -> None:
    read = document("a.md", mark + "# Über\n\nGrüße 标题".encode(encoding))
    assert read.title == "Über"
    assert read.blocks[1].text == "Grüße 标题"


@pytest.mark.parametrize("declared", ["shift_jis", "x-sjis", "Shift-JIS"])
def test_a_page_may_declare_its_encoding(declared: str) -> None:
    page = f"<html><head><meta charset={declared}></head><body><p>短い</p></body></html>"
    assert texts("a.html", page.encode("cp932")) == ["短い"]


def test_a_page_that_declares_latin_1_means_windows() -> None:
    page = (
        '<html><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"><p>5 € “x”</p></html>'
    )
    assert texts("a.html", page.encode("cp1252")) == ["5 € “x”"]


@pytest.mark.parametrize("declared", ["zip", "unicode_escape", "no-such-encoding", "utf-16"])
def test_a_declaration_that_cannot_be_meant_is_ignored(declared: str) -> None:
    assert texts("a.html", f"<html><meta charset={declared}><p>Grüße \\n</p></html>") == ["Grüße \\n"]


def test_every_kind_of_line_end_is_one() -> None:
    assert texts("a.txt", b"one\r\ntwo\rthree\n\r\nfour") == ["one\ntwo\nthree", "four"]


def test_letters_that_are_put_together_become_the_single_ones_that_people_type() -> None:
    assert texts("a.txt", "Gru\u0308\u00dfe") == ["Gr\u00fc\u00dfe"]


@pytest.mark.parametrize(
    "data",
    [
        b"text \0 text",
        b"\x7fELF\x02\x01\x01\0\0",
        zlib.compress(os.urandom(4000)),
        bytes(range(1, 256)) * 20,
        codecs.BOM_UTF16_LE + b"a\0b",
        codecs.BOM_UTF32_LE + b"\xff\xff\xff\xff",
    ],
    ids=["nul", "program", "compressed", "all-bytes", "cut-utf-16", "no-utf-32"],
)
def test_what_is_not_text_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match=r"binary|recognised|marked as"):
        document("a.txt", data)


@pytest.mark.parametrize(("data", "name"), [(b"%PDF-1.7 text", "PDF"), (b"PK\x03\x04docx", "Office")])
def test_a_known_format_that_is_not_read_is_called_by_its_name(data: bytes, name: str) -> None:
    with pytest.raises(UnreadableDocument, match=name):
        document("a.txt", data)
