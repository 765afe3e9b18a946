import ast
import re
from pathlib import Path

from odoo.tests import BaseCase, tagged

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / 'static' / 'description'
MANIFEST = ast.literal_eval((ROOT / '__manifest__.py').read_text())
MOST_BYTES = 200_000


@tagged('post_install', '-at_install')
class TestAppsPage(BaseCase):
    """The page in the Apps list says what the manifest says, and shows the pictures that are there."""

    def setUp(self):
        super().setUp()
        self.page = (FOLDER / 'index.html').read_text()

    def test_requirements(self):
        requirements = self.page[self.page.index('Requirements'):]
        for package in MANIFEST['external_dependencies']['python']:
            self.assertIn(f'<code>{package}</code>', requirements)
        for module in MANIFEST['depends']:
            self.assertIn(f'<code>{module}</code>', requirements)
        self.assertIn("Odoo %s," % MANIFEST['version'].partition('.')[0], requirements)

    def test_pictures(self):
        shown = re.findall(r'src="([^"]+)"', self.page)
        for name in shown:
            self.assertTrue((FOLDER / name).is_file(), name)
        for path in MANIFEST['images']:
            self.assertTrue((ROOT / path).is_file(), path)
            self.assertLess((ROOT / path).stat().st_size, MOST_BYTES, path)
        self.assertEqual([Path(path).name for path in MANIFEST['images']], ['banner.png', *shown])
        self.assertEqual({path.name for path in FOLDER.iterdir()}, {'index.html', 'icon.png', 'banner.png', *shown})
