# Two doors for a fresh machine: `make demo` and `make check`. Meson does the building.
BUILD ?= build
.PHONY: all deps demo check bench install clean
all: $(BUILD)/build.ninja
	ninja -C $(BUILD)
deps:
	@scripts/install-deps
$(BUILD)/build.ninja: | deps
	@echo "configuring $(BUILD)"
	@said=$$(meson setup $(BUILD) --buildtype=release -Db_ndebug=false 2>&1) || { echo "$$said"; exit 1; }
demo: deps all
	@$(BUILD)/apps/cli/attune demo
check: deps
	@scripts/check
bench:
	@scripts/install-deps bench
	@said=$$(meson setup $(BUILD)-bench --buildtype=release -Db_ndebug=false -Dtests=false 2>&1) || { echo "$$said"; exit 1; }
	ninja -C $(BUILD)-bench
	meson test -C $(BUILD)-bench --benchmark --verbose
install: all
	meson install -C $(BUILD)
clean:
	rm -rf $(BUILD) $(BUILD)-*
