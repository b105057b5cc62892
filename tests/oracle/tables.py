"""CSV files, as bytes: the rows of a file, and writing one.

Text is held as str decoded with `surrogateescape`, so that bytes that are not UTF-8 survive; for
valid text the order of such strings is the order of their bytes.
"""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple, Optional

BOM = b'\xef\xbb\xbf'
UNQUOTED = re.compile(rb'[^,\n]*')
QUOTED = re.compile(rb'"([^"]*(?:""[^"]*)*)("?)')
NEEDS_QUOTES = re.compile('[,"\r\n]')


class Row(NamedTuple):
    offset: int                    # of its first byte
    raw: bytes                     # without the line end
    fields: Optional[list]         # of bytes; None: an unclosed quote, or text behind a closing one


def read_bytes(path):
    """The (uncompressed) bytes of a file."""
    if str(path).endswith('.zst'):
        return subprocess.run(['zstd', '-dcq', '--', path], check=True, capture_output=True).stdout
    return Path(path).read_bytes()


def rows(data):
    """The rows of a CSV file, the header among them. A row ends at LF or CR LF outside of quotes,
    or at the end of the data. A quote opens a quoted field only at the start of a field. A line of
    no bytes is no row."""
    at = len(BOM) if data.startswith(BOM) else 0
    while at < len(data):
        start, fields, well_formed = at, [], True
        while True:
            quoted = QUOTED.match(data, at)
            rest = UNQUOTED.match(data, quoted.end() if quoted else at)
            at = rest.end()
            text = rest[0]
            if data[at:at + 1] == b'\n':
                text = text.removesuffix(b'\r')
            if quoted:
                well_formed &= quoted[2] == b'"' and not text
                text = quoted[1].replace(b'""', b'"')
            fields.append(text)
            if data[at:at + 1] != b',':
                break
            at += 1
        raw = data[start:at]
        if data[at:at + 1] == b'\n':
            raw = raw.removesuffix(b'\r')
            at += 1
        if raw:
            yield Row(start, raw, fields if well_formed else None)


def decode(data):
    return data.decode('utf-8', 'surrogateescape')


def encode(text):
    return text.encode('utf-8', 'surrogateescape')


def read_table(path):
    """The header and the rows of a well formed file, as lists of text."""
    header, *body = [[decode(field) for field in row.fields] for row in rows(read_bytes(path))]
    return header, body


def quoted(text):
    return '"' + text.replace('"', '""') + '"' if NEEDS_QUOTES.search(text) else text


def write_table(path, header, body):
    lines = [','.join(quoted(str(field)) for field in row) + '\n' for row in [header, *body]]
    Path(path).write_bytes(encode(''.join(lines)))
