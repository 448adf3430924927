# Charts: the same data gives the same bytes, a failure leaves nothing behind.
$ $HERE/town items >items.ndjson; $HERE/town events >events.ndjson; attune import items.ndjson events.ndjson -q
$ attune version | grep -c cairo
1
$ attune report --svg a.svg --png a.png >out && attune report --svg b.svg >out && cmp a.svg b.svg && head -c 13 a.svg | tail -c 7
version
$ head -c 24 a.png | tail -c 8 | od -An -tu1
   0   0   5   0   0   0   3  32
$ attune report --compare halves --figures plays --svg one.svg --json | json_ok report groups
1 object
$ attune report --png nowhere/a.png
attune report: drawing nowhere/a.png: No such file or directory
[74]
$ attune report --png a.jpg
attune report: drawing a.jpg: the name of a chart ends with .svg or .png
[65]
$ attune report --png a.png --figures plays,joy
attune report: --figures names "joy", expected names from attune report --json, or survival; see: attune report --help
[64]
$ ls | grep -E 'svg|png|tmp'
a.png
a.svg
b.svg
one.svg
