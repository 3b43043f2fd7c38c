"""python -m coalition COMMAND"""

import sys

from coalition.cli import main

sys.exit(main(sys.argv[1:]))
