# Two doors for a fresh machine: `make demo` and `make check`. Meson does the building.
BUILD ?= build
.PHONY: all deps program demo check bench deb install uninstall clean
all: $(BUILD)/build.ninja
	ninja -C $(BUILD)
deps:
	@scripts/install-deps
$(BUILD)/build.ninja: | deps
	@echo "configuring $(BUILD)"
	@said=$$(meson setup $(BUILD) --buildtype=release -Db_ndebug=false 2>&1) || { echo "$$said"; exit 1; }
program: deps $(BUILD)/build.ninja
	ninja -C $(BUILD) apps/cli/attune
demo: program
	@$(BUILD)/apps/cli/attune demo --serve
check:
	@scripts/install-deps check
	@scripts/check
bench:
	@scripts/install-deps bench
	@said=$$(meson setup $(BUILD)-bench --buildtype=release -Db_ndebug=false -Dtests=false 2>&1) || { echo "$$said"; exit 1; }
	ninja -C $(BUILD)-bench
	meson test -C $(BUILD)-bench --benchmark --verbose
deb:
	@scripts/install-deps deb
	@scripts/deb
install: all
	meson install -C $(BUILD)
uninstall:
	ninja -C $(BUILD) uninstall
clean:
	rm -rf $(BUILD) $(BUILD)-*
