"""Set-up and commands of the repository: what the Makefile calls, as `python3 -m dev <command>`.

Works with any Python 3.10+ and its standard library; what needs more runs in the virtual environment that it makes.
"""
