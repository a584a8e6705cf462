"""One module for each generator that `init` recognises: its ``recognise`` is found by name and asked in turn."""
