import re
from pathlib import Path

from odoo.tests import BaseCase, tagged

ROOT = Path(__file__).resolve().parents[2]     # the folder of add-ons may have a link to it
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').rglob('*.md'))]


def anchors(page):
    """Return the anchors that the usual hosts make of the headings of a page."""
    headings = re.findall(r'^#+ (.*)$', page.read_text(), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@tagged('post_install', '-at_install')
class TestGuide(BaseCase):
    """The pages of the guide, as somebody reads them in a clone: every link leads somewhere, and every page can be found."""

    def links(self, page):
        """Return the targets of the links and pictures of a page that are in this repository, as (path, anchor)."""
        text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.MULTILINE | re.DOTALL)
        targets = [target for target in re.findall(r'\]\(([^)\s]+)\)', text) if not re.match(r'https?:|mailto:', target)]
        return [((page.parent / path).resolve() if path else page, anchor) for path, _hash, anchor in (target.partition('#') for target in targets)]

    def test_links(self):
        for page in PAGES:
            for path, anchor in self.links(page):
                with self.subTest(page=page.name, link=f'{path.name}#{anchor}'):
                    self.assertTrue(path.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(path))

    def test_every_page_is_in_the_list_of_pages(self):
        index = ROOT / 'docs' / 'README.md'
        listed = {path for path, _anchor in self.links(index)}
        self.assertEqual(set((ROOT / 'docs').rglob('*.md')) - listed, {index})

    def test_every_picture_is_shown(self):
        shown = {path for page in PAGES for path, _anchor in self.links(page)}
        self.assertEqual(set((ROOT / 'docs' / 'images').iterdir()) - shown, set())
