# A build without cairo says so, and reports all the same.
$ attune init -q; attune report
the log holds nobody's events or decisions to report on
$ attune report --svg a.svg
attune report: drawing a.svg: this build is without charts (meson setup -Dcharts=enabled, with cairo)
[69]
$ attune version | grep cairo
[1]
$ ls *.svg
ls: cannot access '*.svg': No such file or directory
[2]
