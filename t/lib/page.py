"""Check pages and pictures read from files: page.py FILE...

Prints one line a file, "ok" or what is wrong with it: not ASCII, not
well-formed as XML, tags not balanced as a browser reads them, something from
elsewhere, or something that runs.
"""
import html.parser
import re
import sys
import xml.parsers.expat

VOID = {'meta', 'line', 'rect', 'polygon', 'br', 'img', 'input', 'link', 'hr'}


class Balance(html.parser.HTMLParser):
    """Every tag that opens closes, in order; attributes that load or run are noted."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.faults = []

    def handle_starttag(self, tag, attributes):
        self.look(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.look(tag, attributes)
        if tag not in VOID:
            self.faults.append('<%s/> is not closed for a browser' % tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append('</%s> closes nothing' % tag)

    def look(self, tag, attributes):
        if tag in ('script', 'img', 'link', 'iframe', 'object', 'embed', 'base', 'form', 'a', 'use', 'image', 'foreignobject'):
            self.faults.append('<%s>' % tag)
        for name, value in attributes:
            if name.startswith('on') or name in ('href', 'src', 'xlink:href', 'action'):
                self.faults.append('attribute %s of <%s>' % (name, tag))
            elif name == 'style':
                self.style(value)

    def handle_data(self, data):
        if self.open and self.open[-1] == 'style':
            self.style(data)

    def style(self, text):
        if re.search(r'url\(|@import|expression|//', text):
            self.faults.append('a style from elsewhere')


def faults(data):
    if data.rstrip(b'\n').translate(None, bytes(range(32, 127)) + b'\n'):
        yield 'not ASCII'
    try:
        xml.parsers.expat.ParserCreate().Parse(data, True)
    except xml.parsers.expat.ExpatError as error:
        yield 'not well-formed: %s' % error
    parser = Balance()
    parser.feed(data.decode('ascii', 'replace'))
    parser.close()
    yield from parser.faults
    if parser.open:
        yield 'open in the end: %s' % ' '.join(parser.open)


for file in sys.argv[1:]:
    with open(file, 'rb') as page:
        print('; '.join(faults(page.read())) or 'ok')
