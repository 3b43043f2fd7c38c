"""python -m coalition COMMAND"""

import gc
import sys

gc.disable()  # looking for garbage among what is being loaded, and stays, is a tenth of the start; cli ends it

from coalition.cli import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
