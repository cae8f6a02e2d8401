.PHONY: help run test lint check bench docs lock clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\): *## */  make \1	/p' Makefile

run: ## set up, start Pomona with a demo organisation and play the workflow once
	@scripts/run $(ARGS)

test: ## run the test suite (ARGS="-k name" chooses)
	@scripts/test $(ARGS)

lint: ## check style, types and the import law
	@scripts/lint

check: ## lint, then test
	@scripts/check $(ARGS)

bench: ## print the performance bars
	@scripts/bench $(ARGS)

docs: ## write the command reference anew
	@scripts/docs

lock: ## write the lock files anew (ARGS=--upgrade takes newer versions)
	@scripts/lock $(ARGS)

clean: ## remove what these targets made, except your data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
