import ast
from graphlib import TopologicalSorter
from pathlib import Path

from odoo.addons.account_xero import dev
from odoo.tests import BaseCase, tagged


def imported_modules(path, names):
    """Return the modules of its own package that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
    return found & names


@tagged('post_install', '-at_install')
class TestImports(BaseCase):

    def test_imports_of_dev_run_one_way(self):
        files = {path.stem: path for path in Path(dev.__file__).parent.glob('*.py')}
        graph = {name: imported_modules(path, files.keys()) for name, path in files.items()}
        self.assertIn('odoo_source', graph['setup'])
        order = list(TopologicalSorter(graph).static_order())      # raises CycleError
        self.assertEqual(set(order), set(files))
