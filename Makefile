# Thin names for `python3 dev.py X`, which also works where there is no make.
# make run HTTPS=1      for tablets on the plant's network, with the factory's own certificate
# make run EMPTY=1      start without the demo      make test WITHOUT=browser   where no Chromium can be had
# make test ARGS="-- -k packing"                    arguments for pytest

PYTHON ?= python3
.PHONY: run test check bench soak lock

run test check bench soak lock:
	@$(PYTHON) dev.py $@ $(ARGS)
