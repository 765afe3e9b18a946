"""The output of the demo: numbered chapters with the time, plain lines, tables and checks."""
import shutil
import textwrap
import time

WIDTH = max(72, min(shutil.get_terminal_size((112, 40)).columns, 112))


class Telling:
    """Prints the story and remembers the checks that failed."""

    def __init__(self):
        self.start = time.monotonic()
        self.chapters = 0
        self.broken = []

    def chapter(self, title):
        self.chapters += 1
        seconds = int(time.monotonic() - self.start)
        head = f'{self.chapters}. {title} '
        print(f"\n{head}{'─' * (WIDTH - len(head) - 6)} {seconds // 60}:{seconds % 60:02}", flush=True)

    def say(self, text):
        """Print a paragraph."""
        print(textwrap.fill(text, WIDTH, initial_indent='  ', subsequent_indent='  ', break_on_hyphens=False), flush=True)

    def table(self, head, rows, right=()):
        """Print rows under a head. The last column takes the rest of the line and is wrapped.

        :param right: columns whose cells stand on the right, counted from 0.
        """
        rows = [[str(cell) for cell in row] for row in rows]
        fixed = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head) - 1)]
        indent = 4 + sum(width + 2 for width in fixed)

        def line(row):
            cells = [cell.rjust(width) if column in right else cell.ljust(width) for column, (cell, width) in enumerate(zip(row, fixed))]
            wrapped = [
                part for paragraph in row[-1].splitlines() or [''] for part in textwrap.wrap(paragraph, WIDTH - indent) or ['']]
            print('    ' + '  '.join([*cells, wrapped[0]]).rstrip())
            for part in wrapped[1:]:
                print(' ' * indent + part)

        print()
        line(head)
        print('    ' + '─' * (WIDTH - 4))
        for row in rows:
            line(row)
        print(flush=True)

    def expect(self, promise, kept, seen=''):
        """Print whether a check passed, and the value seen if it failed.

        :return: `kept`, as a bool.
        """
        print(f"  {'✓' if kept else '✗'} {promise}", flush=True)
        if not kept:
            self.broken.append(promise)
            print(textwrap.indent(f"seen: {seen}", '      '), flush=True)
        return bool(kept)

    def expect_equal(self, promise, seen, wanted):
        return self.expect(promise, seen == wanted, f"{seen} instead of {wanted}")
