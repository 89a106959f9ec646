"""Small templates, each about one thing. EXPRESSIONS are printed; TEMPLATES are rendered as they are."""

EXPRESSIONS = r"""
1
-1
+n
1.0
1e3
1_000
0x1F
0b101
0o17
1_0.5_0
1e-5
1e16
1e15
123456789.123
1/3
0.1+0.2
1e100
-0.0
5.0e-324
1.7976931348623157e308
100000000000000000.0
"a" 'b' "c"
"tab\tnew\\line \x41 \u00e9 \U0001F600 \101 \q \'"
"é\é"
'it''s'
"it's"
'say "hi"'
true
false
none
True
None
[]
[1,]
(1,)
()
(1, 2)
(1)
{}
{"a": 1, 2: "b", none: [1.5, "x"], true: false, (1, 2): "t"}
{"a": 1, "a": 2}
[1, "two", 3.0, none, true, "it's", 'q"']
["\n", "\t", "\\", "\x00", "\x7f", "é", "\u200b", "😀"]
1, 2
"x",
n + 1
n - 10
n * 3
n / 2
n // 2
neg // 2
neg % 2
n % neg
f // 1
-f // 1
f % 1
-f % 2
5.5 // -2
2 ** 10
2 ** -1
2 ** 0.5
2 ** 3 ** 2
-2 ** 2
4 ** 0.5
0 ** 0
2 ** 100
big
big + 1
big / 3
large
large + 1
small
1e22 | int
7 // 0
7 % 0
7 / 0
1.0 // 0
"a" + "b"
"a" ~ 1 ~ none ~ 2.0 ~ [1]
"ab" * 3
3 * "ab"
[1] * 2
(1, 2) * 2
"a" * -1
"a" * 2.0
[1] + [2]
(1,) + (2,)
[1] + (2,)
1 + "a"
"a" + 1
none + 1
[1] + "a"
true + true
true * 5
-true
-"a"
+"a"
- 5 | abs
-5 | abs
1 < 2 < 3
1 < 2 > 3
1 == 1.0
true == 1
"a" < "b"
"a" < 1
[1, 2] < [1, 3]
[1] < [1, 0]
(1, 2) == (1, 2)
[1] == (1,)
{"a": 1} == {"a": 1.0}
none == none
none < 1
1 != 2
not 1
not not 0
not n == 7
1 in [1, 2]
"a" in "abc"
"z" not in "abc"
1 in "abc"
"a" in d
3 not in d
1 in range(3)
1 in none
1 in 5
undefined_thing in [1]
"x" in undefined_thing
1 and 0
1 or 2
0 or ""
"" or "x"
none and 1
1 if true else 2
1 if false
(1 if false) is defined
1 if false else 2 if false else 3
"a" if none_value is none else "b"
n is odd
n is even
6 is even
neg is odd
n is divisibleby 7
n is divisibleby(2)
n is not divisibleby 2
x is defined
n is defined
x is undefined
none_value is none
none is none
1 is none
"a" is string
1 is string
1 is number
1.0 is number
true is number
true is integer
1 is integer
1.0 is float
1 is float
true is boolean
1 is boolean
true is true
1 is true
false is false
0 is false
[] is iterable
"a" is iterable
1 is iterable
x is iterable
{} is mapping
[] is mapping
[] is sequence
"a" is sequence
{} is sequence
range(3) is sequence
1 is sequence
x is sequence
(list | map("string")) is sequence
n is callable
range is callable
x is callable
"abc" is lower
"ABC" is upper
"aBc" is lower
"123" is upper
1 is eq 1
1 is equalto 2
1 is ne 2
1 is lt 2
1 is gt 2
1 is ge 1
1 is le 0
1 is lessthan 2
1 is greaterthan 2
1 is in [1, 2]
1 is not in [1, 2]
1 is sameas 1
none is sameas none
1 is sameas true
"upper" is filter
"nope" is filter
"odd" is test
1 is nope
1 | nope
1 is odd is even
"a" is upper and true
s
s.upper()
s.lower()
s.title()
"they're bill's".title()
s.capitalize()
s.swapcase()
uni.upper()
uni.lower()
uni.title()
uni.capitalize()
uni.swapcase()
uni | upper
uni | lower
uni | title
uni | capitalize
uni | length
uni[0:3]
uni[::-1]
uni[-1]
"ΑΣ".lower()
"ΑΣΑ".lower()
"Σ".lower()
"A.Σ".lower()
"ß".upper()
"ŉ".upper()
"ǆ".title()
spaced.strip() ~ "|"
"|" ~ spaced.lstrip()
spaced.rstrip() ~ "|"
"xxabcxx".strip("x")
"xyabcyx".lstrip("xy")
"abc".strip("")
"abc".strip(none)
"abc".strip(1)
"éaé".strip("é")
s.split()
s.split("o")
s.split("o", 1)
s.rsplit("o", 1)
s.split(none, 1)
s.split(sep="o", maxsplit=1)
" a  b  c ".split()
" a  b  c ".split(none, 1)
" a  b  c ".rsplit(none, 1)
" a  b  c ".split(" ")
csv.split(",")
csv.split(",", 2)
csv.rsplit(",", 2)
"".split()
"".split(",")
"a".split("")
multi.splitlines()
multi.splitlines(true)
"a\r\nb\rc\x0bd\x1ce\u2028f".splitlines()
"".splitlines()
s.startswith("Hello")
s.startswith(("x", "He"))
s.startswith(["x"])
s.startswith("World", 6)
s.startswith("", 20)
s.endswith("World")
s.endswith(("d", 1))
s.endswith("Hello", 0, 5)
s.replace("o", "0")
s.replace("o", "0", 1)
s.replace("", "-")
s.replace("", "-", 3)
"".replace("", "x")
s.replace("o", 1)
s.find("o")
s.find("o", 5)
s.find("zz")
s.rfind("o")
s.find("")
uni.find("ﬁ")
s.index("W")
s.index("z")
s.rindex("o")
s.count("o")
s.count("")
s.count("o", 5)
"aaa".count("aa")
", ".join(["a", "b"])
", ".join("abc")
", ".join([1, 2])
", ".join([])
", ".join(1)
digits.isdigit()
"²".isdigit()
"²".isdecimal()
"½".isnumeric()
"一".isnumeric()
"".isdigit()
"abc".isalpha()
"ab1".isalnum()
"ª".islower()
"Ⅷ".isupper()
" \t\u00a0".isspace()
"".isspace()
"Abc Def".istitle()
"ABC".istitle()
"é".isascii()
"a\n".isprintable()
"prefix-x".removeprefix("prefix-")
"x.py".removesuffix(".py")
"x".removesuffix("")
"42".zfill(5)
"-42".zfill(5)
"+4".zfill(1)
"ab".center(7) ~ "|"
"abc".center(6, "*")
"abc".center(7, "*")
"a".ljust(4, ".")
"a".rjust(4)
"a".rjust(4, "xx")
"a\tb".expandtabs(4)
"a=b=c".partition("=")
"a=b=c".rpartition("=")
"abc".partition("=")
"abc".rpartition("=")
"Straße".casefold()
"%s and %d" % ("x", 3)
"%s" % "one"
"%s" % [1, 2]
"%5d|%-5d|%05d|%+d|% d" % (42, 42, 42, 42, 42)
"%.2f %e %g %G %E" % (3.14159, 31415.9, 0.00001, 1e20, 0.5)
"%x %X %o %#x %#o" % (255, 255, 8, 255, 8)
"%c%c" % (65, "b")
"%r %s %a" % ("q'", "q'", "é")
"%%" % ()
"%(a)s-%(b)d" % {"a": 1, "b": 2}
"%5s|%-5s|%.2s" % ("ab", "ab", "abcdef")
"%*d" % (5, 42)
"%d" % 3.99
"%d" % "x"
"%s"
"%s %s" % "a"
"x" % 1
"x" % [1]
"%q" % 1
"%" % 1
"%i%u" % (1, 2)
"{} {}".format(1, "b")
"{0} {1} {0}".format("a", 2)
"{a} {b.x} {c[0]} {c[k]}".format(a=1, b={"x": 2}, c={"k": 4, 0: 3})
"{:>5}|{:<5}|{:^5}|{:*^7}".format("a", "b", "c", "d")
"{:5d}|{:05d}|{:+d}|{:,}|{:_}".format(42, 42, 42, 1234567, 1234567)
"{:.2f} {:e} {:g} {:%} {:.1%}".format(3.14159, 31415.9, 0.00001, 0.5, 0.256)
"{:x} {:#x} {:b} {:o} {:X}".format(255, 255, 5, 8, 255)
"{!r} {!s}".format("a'b", "c")
"{:{}}|".format("a", 4)
"{{}}".format()
"{".format()
"}".format()
"{}".format()
"{} {0}".format(1)
"{x}".format()
"{:d}".format("a")
"{:.3}".format("abcdef")
"{:.3}".format(3.14159)
"{}".format(none)
"{:5}".format(none)
"{:5}|{:<5}|".format(true, 1)
"{:08.3f}".format(-3.14159)
"{:=+8d}".format(5)
list
list | sort
list | sort(reverse=true)
words | sort
words | sort(case_sensitive=true)
words | unique | list
words | unique(case_sensitive=true) | list
list | first
list | last
empty_list | first
empty_list | last
"abc" | first
"abc" | last
d | first
list | length
d | count
s | length
n | length
none | length
x | length
list | sum
list | sum(start=10)
people[:3] | sum(attribute="age")
[[1], [2]] | sum(start=[])
["a"] | sum
empty_list | sum
list | min
list | max
words | min
words | max
people[:3] | max(attribute="age")
people | min(attribute="name")
empty_list | max
list | join
list | join(", ")
people | join("/", attribute="name")
"abc" | join("-")
n | join
d | join(",")
list | reverse | list
"abc" | reverse
d | reverse | list
(1, 2) | reverse | list
range(3) | reverse | list
list | map("string") | reverse
"abc" | list
d | list
n | list
d.items() | list
d.keys() | list
d.values() | list
d.items()
d.keys()
d.values()
d | items | list
x | items | list
list | items | list
d | dictsort
d | dictsort(true)
d | dictsort(false, "value")
d | dictsort(reverse=true)
d | dictsort(by="nope")
list | dictsort
d.get("a")
d.get("zz")
d.get("zz", 5)
d.get()
d.a
d["a"]
d.zz
d["zz"]
d.zz.y
d["zz"]["y"]
d[["a"]]
d.update({"x": 1})
d.pop("a")
d.clear
d.copy()
d.fromkeys(["q"], 1)
deep.x.y[1].z
deep.x.y.1.z
deep.items is callable
deep["items"]
deep.x["y"][0]
d.__class__
d.__foo__
s.__class__
s.__class__.__mro__
list.append(1)
list.index(2)
list.index(9)
list.count(1)
(1, 2, 1).count(1)
(1, 2, 1).index(2)
list[0]
list[-1]
list[10]
list[true]
list[1.0]
list["a"]
list[0:2]
list[::-1]
list[1:]
list[:-1]
list[::2]
list[-2:]
list[5:]
list[2:1]
list[::0]
list["a":]
nested[1][0]
s[0]
s[-1]
s[100]
s[1:4]
s[::-1]
s[::2]
s[-5:]
s[5:2:-1]
s[none:3]
d[1:2]
n[0]
none[0]
none.x
n.x
x.y
x["y"]
x[1:]
x
x ~ "a"
x + 1
-x
x()
x | upper
x | default("dflt")
empty | default("dflt")
empty | default("dflt", true)
none | d("dflt")
none | d("dflt", true)
x | d
x.y | default("no")
"  trim me " | trim
"xxtrimxx" | trim("x")
5 | trim
s | upper
5 | upper
none | upper
s | replace("l", "L")
s | replace("l", "L", 2)
5 | replace(5, 6)
s | replace("l")
"hello wORLD foo-bar (baz) [q]" | title
s | center(21) ~ "|"
multi | indent
multi | indent(2, true)
multi | indent("> ", blank=true)
multi | indent(width=1, first=true, blank=true)
5 | indent
s | truncate(5)
s | truncate(5, leeway=0)
s | truncate(8, true, leeway=0)
"one two three four" | truncate(12, leeway=0)
"one two three four" | truncate(12, false, "…", 0)
s | truncate(2)
"The quick, brown fox's 2nd" | wordcount
"" | wordcount
"%s-%s" | format(1, 2)
"%(x)s" | format(x=1)
"%s" | format(1, x=2)
markup | e
markup | escape
markup | e | upper
(markup | e) + "<"
"<" + (markup | safe)
(markup | safe) + "<"
(markup | safe) ~ "<"
markup | safe | e
markup | e | e
markup | forceescape
(markup | safe) | forceescape
[markup | safe]
(markup | safe) % ()
("<b>%s</b>" | safe) % "<i>"
("<b>{}</b>" | safe).format("<i>")
("," | safe).join(["<", ">" | safe])
(markup | safe) is string
(markup | e) is escaped
s is escaped
("<" | safe).upper() + "<"
("<" | safe) * 2 + "<"
("<x" | safe)[0] + "<"
("<x" | safe).split("x")
("<" | safe).replace("<", ">")
"a b/c?d=é&" | urlencode
{"a b": "c/d", "é": 1} | urlencode
[("a", 1), ("b", 2)] | urlencode
5 | urlencode
"42" | int
" 42 " | int
"42.9" | int
"x" | int
"x" | int(7)
"ff" | int(base=16)
"0xff" | int(base=16)
"0b11" | int(base=0)
"1_000" | int
"1__0" | int
"-5" | int
"+5" | int
"- 5" | int
2.9 | int
-2.9 | int
true | int
none | int
none | int(default=3)
[] | int
x | int
"nan" | int
"1e3" | int
"1e400" | int
"3.5" | float
"x" | float
"x" | float(1.5)
" 1e3 " | float
"inf" | float
"-Infinity" | float
"nan" | float
"1_0.5" | float
".5" | float
"5." | float
"." | float
5 | float
none | float
5 | string
none | string
x | string
[1, "a"] | string
-5 | abs
-5.5 | abs
"a" | abs
x | abs
2.5 | round
3.5 | round
2.567 | round(2)
2.675 | round(2)
1234.5 | round(-2)
1250 | round(-2)
1350 | round(-2)
42 | round
42 | round(1)
42.55 | round(1, "floor")
42.51 | round(1, "ceil")
42.1 | round(method="ceil")
7 | round(0, "floor")
"a" | round
1.5 | round(method="nope")
-0.4 | round
list | batch(2) | list
list | batch(2, "x") | list
list | batch(2, none) | list
list | slice(2) | list
list | slice(2, "x") | list
range(7) | slice(3) | list
range(7) | batch(3) | list
range(7) | slice(0) | list
people | map(attribute="name") | list
people | map(attribute="age", default=0) | list
people | map(attribute="age") | list
people | map(attribute="city.n", default="?") | list
nested | map(attribute="0") | list
nested | map(attribute=1) | list
words | map("upper") | join(",")
words | map("replace", "a", "_") | list
words | map("nope") | list
words | map | list
words | map(attribute="x", foo=1) | list
x | map("upper") | list
[] | map("nope") | list
list | select("odd") | list
list | select | list
[0, 1, "", "a", none] | select | list
[0, 1, "", "a", none] | reject | list
list | reject("odd") | list
list | select("greaterthan", 1) | list
list | select("in", [1, 2]) | list
list | select("==", 2) | list
people | selectattr("age") | map(attribute="name") | list
people | selectattr("age", "equalto", 30) | map(attribute="name") | list
people | selectattr("age", "defined") | list | length
people | rejectattr("age", "defined") | map(attribute="name") | list
people | selectattr("city.n", "eq", "Bern") | list | length
people | selectattr | list
list | select("nope") | list
messages | selectattr("role", "equalto", "user") | list | length
(messages | selectattr("role", "equalto", "nobody")) and "truthy"
list | map("string") | length
list | map("string") | first
list | map("string") | last
(list | map("string"))[0]
people[:3] | groupby("age") | map("first") | list
people[:3] | groupby("city.n")
people | groupby("age", default=0) | map(attribute="grouper") | list
people[:3] | groupby("city.n", case_sensitive=true) | map(attribute="list") | map("length") | list
people | groupby("age")
people[:3] | sort(attribute="age,name") | map(attribute="name") | list
people[:3] | sort(attribute="age", reverse=true) | map(attribute="name") | list
people | sort(attribute="age")
mixed | sort
d | attr("a")
d | attr("items") is callable
mixed | tojson
d | tojson
d | tojson(indent=2)
d | tojson(sort_keys=true)
d | tojson(separators=(",", ":"))
d | tojson(indent=1, separators=(", ", " = "))
mixed | tojson(indent=4)
deep | tojson(indent="--")
[] | tojson(indent=2)
{} | tojson(indent=2)
[[], {}] | tojson(indent=2)
s | tojson
"é\"\\\n\t\x01\x7f\u2028😀</script>'" | tojson
"é😀" | tojson(ensure_ascii=true)
none | tojson
x | tojson
1.0 | tojson
1e22 | tojson
true | tojson
{1: 2, none: 3, true: 4, 1.5: 5} | tojson
{(1, 2): 3} | tojson
range(3) | tojson
(1, 2) | tojson
list | map("string") | tojson
namespace(a=1) | tojson
tools | tojson
tools[0] | tojson(indent=4)
messages | tojson
d | tojson(nope=1)
d | tojson(false, 2)
[d, d] | tojson(indent=0)
range(5) | list
range(2, 5) | list
range(5, 2, -1) | list
range(0, 10, 3) | list
range(5)
range(1, 10, 2)
range(3)[1]
range(10)[2:5] | list
range(10)[::-1] | list
range(3) | length
range(100001)
range(1, 2, 0)
range("a")
range(3).start
range(3) == range(0, 3, 1)
dict(a=1, b=2)
dict([("a", 1)])
dict({"a": 1}, b=2)
dict(1)
dict([(1, 2, 3)])
namespace(a=1)
namespace(a=1).a
namespace(a=1).b
namespace(a=1).b is defined
namespace({"a": 1}).a
namespace(_a=1)
namespace()["x"]
cycler("a", "b").next()
cycler("a", "b").current
joiner(",")()
lipsum is defined
raise_exception("stop here")
raise_exception(1)
raise_exception()
strftime_now("%Y-%m-%d")
strftime_now("%d %b %Y, %A %B %H:%M:%S %p %I %j %U %W %V %G %y %w %u %e %a %% %-d %-m")
strftime_now("%c|%x|%X|%D|%F|%T|%R|%r|%h|%C|%k|%l|%P|%n|%t|%g")
strftime_now(1)
messages[0].role
messages[0]["content"]
messages[2].tool_calls[0].function.arguments
messages[-1].content | length
messages[-1].content | upper
messages | length
messages[1:] | map(attribute="role") | list
messages[99]
messages[99].role
messages | last
tools[0].function.name
n()
"a"()
d.get is callable
1.5.real
5 .real
n.real
n.numerator
f.imag
(1, 2, 3)[0]
((1, 2), [3, (4,)])
[[1, [2, [3]]]]
{"k": {"k": {"k": []}}}
not_there is defined and not_there.x
not (n is defined and n > 5)
n > 5 and n < 10 or false
1 if n else 2 | upper
[1, 2] | length == 2
[1, 2] + [3] | length
"a" ~ "b" | upper
-1 | abs
1 + 2 * 3 - 4 / 2
(1 + 2) * 3
2 * 3 ** 2
10 - 5 - 2
"a" in "abc" and "b" in "abc"
"a" "b" | upper
1 .__class__
list is iterable and list is not string
none is not none
not none is none
d is mapping and d.a is number
x is not defined
[x]
{"a": x}
x == y
x == none
x is none
x != 1
[1, 2, 3] | map("string") | join("-") | length
(n, f) | max
"a,b;c".replace(",", ";").split(";") | last
"%s" % (x,)
"%s" % x
"abc" | map("upper") | list
"abc" | select("in", "ab") | list
d | map("upper") | list
d.items() | map("last") | list
d.items() | map(attribute=1) | list
d.items() | sort
d.items() | selectattr(1, "gt", 1) | list
(d | tojson).replace("\"", "'")
s[:5] ~ s[5:]
s.split("o") | join("0") == s.replace("o", "0")
"é" < "z"
"Z" < "a"
"😀" > "\uffff"
"\ud800"
"\N{DASH}"
"a
b"
"a\
b"
1.
.5
1..real
a.b.c
"unclosed
[1, 2
(1
{1: 2
{1, 2}
1 +
1 + + 1
1 ++ 1
1 - - 1
* 2
a b
not
is defined
1 is
1 |
1 | upper(
f(a=1, 2)
f(*[1], **{"a": 1})
f(a=1, a=2)
dict(**{"a": 1})
dict(**[1])
"{} {}".format(*[1, 2])
"{} {}".format(*"ab")
d.get(*["a"])
d.get(key="a")
"a".replace(old="a", new="b")
1 and
if
for
loop
caller
kwargs
none.x is defined
1 = 2
a.1.b
list.0
list.-1
d.a.b.c
d."a"
d["a"
?
$
@
a & b
!x
1 <> 2
1 === 1
""
"" is defined
{{}}
{}.x
{"a": {"b": 1}}.a.b
{"items": 1}["items"]
{"items": 1}.items()
{"keys": 1}.keys is callable
[1, 2, 3][1:][0]
"abc"[1]
"abc"[1:][::-1]
(1, 2)[::-1]
"abc".upper()[0]
"abc"|upper|lower|title
"abc" | upper () 
(s | upper)[0]
s | upper[0]
""".strip("\n").split("\n")

TEMPLATES = [
    "plain text",
    "",
    "\n",
    "a\n",
    "a\n\n",
    "a\r\nb\rc\n",
    "{# comment #}x{#- c -#} y {#+ c +#} z",
    "a\n{# c #}\nb",
    "  {# c #}  \nb",
    "  {#- c -#}  \nb",
    "{% raw %}{{ x }}{% y %}{# z #}{% endraw %}",
    "a {%- raw -%} {{ x }} {%- endraw -%} b",
    "a\n  {% raw %}\n  x\n  {% endraw %}\nb",
    "{% raw %}x",
    "{# x",
    "{{ x",
    "{% if",
    "a{{ n }}b",
    "a {{- n -}} b",
    "a {{+ n +}} b",
    "a\n  {{ n }}\nb",
    "a\n  {{- n }}\nb",
    "a\n  {{ n -}}\nb",
    "a\n  {% if true %}\n  x\n  {% endif %}\nb",
    "a\n  {%+ if true %}\n  x\n  {%+ endif %}\nb",
    "a\n  {% if true +%}\n  x\n  {% endif +%}\nb",
    "a\n  {%- if true -%}\n  x\n  {%- endif -%}\nb",
    "a {% if true %} x {% endif %} b",
    "{% if true %}\nx\n{% endif %}\ny",
    "{% if true %} \nx{% endif %}",
    "x {% if true %}y{% endif %}",
    "   {% if true %}y{% endif %}",
    "{{ n }}   {% if true %}y{% endif %}",
    "{{ n }}\n   {% if true %}y{% endif %}",
    "{% if true %}   {% if true %}y{% endif %}{% endif %}",
    "\u00a0 {% if true %}y{% endif %}",
    "{% set x = 1 %}\n\n{{ x }}",
    "{{ '}}' }} {{ '%}' }} {{ \"{{\" }}",
    "{{ {'a': {'b': 1}} }}",
    "{{ {'a': {'b': 1}}}}",
    "{% set x = {'a': 1} %}{{ x.a }}",
    "{ { } } { % % } {x}",
    "{% if n > 5 %}big{% elif n > 2 %}mid{% else %}small{% endif %}",
    "{% if n > 50 %}big{% elif n > 2 %}mid{% else %}small{% endif %}",
    "{% if n > 50 %}big{% elif n > 20 %}mid{% else %}small{% endif %}",
    "{% if 0 %}a{% elif 0 %}b{% elif 1 %}c{% endif %}",
    "{% if x %}a{% endif %}|{% if not x %}b{% endif %}",
    "{% if true: %}a{% endif %}",
    "{% if true %}a{% else: %}b{% endif %}",
    "{% for i in list %}{{ i }},{% endfor %}",
    "{% for i in list %}{{ loop.index }}/{{ loop.length }}:{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for i in list %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }} {% endfor %}",
    "{% for i in list %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}",
    "{% for i in list %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }} {% endfor %}",
    "{% for i in list %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for i in list %}{{ loop.cycle() }}{% endfor %}",
    "{% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }} {% endfor %}",
    "{% for i in [] %}x{% else %}empty{% endfor %}",
    "{% for i in list %}x{% else %}empty{% endfor %}",
    "{% for i in list %}{% continue %}{% else %}empty{% endfor %}",
    "{% for i in list %}{% break %}{% else %}empty{% endfor %}",
    "{% for i in range(5) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in range(5) %}{% if i == 3 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in range(3) %}{% for j in range(3) %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}",
    "{% break %}",
    "{% for i in list %}{% endfor %}{% continue %}",
    "{% for i in list if i > 1 %}{{ i }}{{ loop.index }}{{ loop.length }} {% endfor %}",
    "{% for i in list if i > 1 %}{{ i }}{% endfor %}",
    "{% for i in list if i > 10 %}{{ i }}{% else %}none{% endfor %}",
    "{% for i in list if loop.index > 1 %}{{ i }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d | items %}{{ k }}={{ v }}{{ loop.last }};{% endfor %}",
    "{% for k, v in d | dictsort if v > 1 %}{{ k }}{{ loop.length }}{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}",
    "{% for c in 'héy' %}{{ c }}.{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for a, b in [[1, 2, 3]] %}{% endfor %}",
    "{% for a, b in [[1]] %}{% endfor %}",
    "{% for a, b in [1] %}{% endfor %}",
    "{% for i in n %}{% endfor %}",
    "{% for i in none %}{% endfor %}",
    "{% for i in x %}a{% else %}b{% endfor %}",
    "{% for i in x.y %}a{% endfor %}",
    "{% for i in 1, 2, 3 %}{{ i }}{% endfor %}",
    "{% for i in (1, 2) + (3,) %}{{ i }}{% endfor %}",
    "{% for loop in list %}{% endfor %}",
    "{% for i in list %}{% set loop = 1 %}{% endfor %}",
    "{% for i in list %}{{ loop }}{% endfor %}" if False else "{% for i in [1] %}{{ loop.foo }}{% endfor %}",
    "{% for i in list %}{% for j in list %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% for i in list %}{% set outer = loop %}{% for j in [1] %}{{ outer.index }}{% endfor %}{% endfor %}",
    "{% for i in list %}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}",
    "{% for i in nested recursive %}{% if i is iterable %}[{{ loop(i) }}]{% else %}{{ i }}@{{ loop.depth }}{% endif %}{% endfor %}",
    "{% for i in [1] %}{{ loop([]) }}{% endfor %}",
    "{% for i in (list | map('string')) %}{{ i }}{{ loop.last }}{{ loop.length }}{% endfor %}",
    "{% set g = list | map('string') %}{% for i in g %}{{ i }}{% endfor %}|{% for i in g %}{{ i }}{% endfor %}",
    "{{ loop is defined }}{% for i in [1] %}{{ loop is defined }}{% endfor %}",
    "{% set x = 1 %}{{ x }}",
    "{% set x, y = 1, 2 %}{{ x }}{{ y }}",
    "{% set (x, y) = (1, 2) %}{{ x }}{{ y }}",
    "{% set x = 1, 2 %}{{ x }}",
    "{% set x = (1) %}{{ x }}",
    "{% set x, y = 1 %}",
    "{% set x, y = 1, 2, 3 %}",
    "{% set x %}block {{ n }}{% endset %}{{ x | upper }}",
    "{% set x | upper %}block {{ n }}{% endset %}{{ x }}",
    "{% set x | replace('b', 'B') | trim %} block {% endset %}[{{ x }}]",
    "{% set x %}{% set y = 1 %}{{ y }}{% endset %}{{ x }}{{ y is defined }}",
    "{% set none = 1 %}",
    "{% set true = 1 %}",
    "{% set 1 = 2 %}",
    "{% set 'a' = 2 %}",
    "{% set x.y = 1 %}",
    "{% set d.y = 1 %}",
    "{% set d['y'] = 1 %}",
    "{% set ns = namespace(a=1) %}{% set ns.a = 2 %}{% set ns.b = 3 %}{{ ns.a }}{{ ns.b }}",
    "{% set ns = namespace() %}{% set ns._x = 1 %}",
    "{% set ns = namespace(a=0) %}{% for i in list %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace(a='') %}{% for m in messages %}{% set ns.a = ns.a ~ m.role %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace() %}{% set ns.a, ns.b = 1, 2 %}{{ ns.a }}{{ ns.b }}",
    "{% set ns = namespace() %}{% set ns.a %}blk{% endset %}{{ ns.a }}",
    "{% set a = 1 %}{% for i in list %}{% set a = a + i %}{{ a }} {% endfor %}{{ a }}",
    "{% for i in list %}{% set a = i %}{% endfor %}{{ a is defined }}",
    "{% if true %}{% set a = 1 %}{% endif %}{{ a }}",
    "{% if false %}{% set a = 1 %}{% endif %}{{ a is defined }}",
    "{% if false %}{% set n = 1 %}{% endif %}{{ n }}",
    "{% for i in list %}{% if false %}{% set n = 1 %}{% endif %}{{ n }}{% endfor %}",
    "{{ n }}{% set n = 1 %}{{ n }}",
    "{% set n = n + 1 %}{{ n }}",
    "{% for i in list %}{% set n = n + 1 %}{{ n }} {% endfor %}{{ n }}",
    "{% for n in list %}{{ n }}{% endfor %}{{ n }}",
    "{% for i in list %}{% for j in list %}{% set q = i * j %}{{ q }} {% endfor %}{{ q is defined }}{% endfor %}",
    "{% set x = 1 %}{% if true %}{% if true %}{% set x = 2 %}{% endif %}{% endif %}{{ x }}",
    "{% set x = 1 %}{% with x = 2 %}{{ x }}{% set x = 3 %}{{ x }}{% endwith %}{{ x }}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}",
    "{% with a = n, n = 1 %}{{ a }}{{ n }}{% endwith %}{{ n }}",
    "{% with a = 1, b = a %}{{ b is defined }}{% endwith %}",
    "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
    "{% with a, b = 1, 2 %}{% endwith %}",
    "{% with (a, b) = (1, 2) %}{{ a }}{{ b }}{% endwith %}",
    "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=5, a=4) }} {{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, z=2) }}",
    "{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, 2, 3) }}",
    "{% macro m(a) %}{{ a }}{{ kwargs }}{% endmacro %}{{ m(1, z=2, y=3) }}",
    "{% macro m() %}{{ varargs | length }}{{ kwargs | length }}{% endmacro %}{{ m(1, 2, z=2) }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}body{% endcall %}",
    "{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}",
    "{% macro m() %}x{% endmacro %}{% call m() %}body{% endcall %}",
    "{% macro m(a, caller) %}{{ caller }}{% endmacro %}{{ m(1) }}",
    "{% macro m(caller=none) %}{{ caller }}{% endmacro %}{{ m() }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m(a, a) %}{% endmacro %}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}",
    "{% macro m(a=b, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ m() }}",
    "{% macro m(a) %}{% if a > 0 %}{{ a }}{{ m(a - 1) }}{% endif %}{% endmacro %}{{ m(4) }}",
    "{% macro m() %}{{ late }}{% endmacro %}{% set late = 1 %}{{ m() }}{% set late = 2 %}{{ m() }}",
    "{% macro m() %}{{ n }}{% endmacro %}{% set n = 1 %}{{ m() }}",
    "{% macro m() %}{% set n = 1 %}{{ n }}{% endmacro %}{{ m() }}{{ n }}",
    "{% macro m() %}  a {{- n -}} b  {% endmacro %}[{{ m() }}][{{ m() | trim }}]",
    "{% macro m(x) %}{{ x.y }}{% endmacro %}{{ m({'y': 5}) }}",
    "{{ m() }}{% macro m() %}x{% endmacro %}",
    "{% macro m() %}x{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.catch_varargs }}{{ m.caller }}",
    "{% macro m(a, b) %}{% endmacro %}{{ m.arguments }}{{ m is callable }}",
    "{% for i in list %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}{{ m is defined }}",
    "{% if true %}{% macro m() %}x{% endmacro %}{% endif %}{{ m() }}",
    "{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}",
    "{% macro m() %}{% for i in list %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}{% endmacro %}{{ m() }}",
    "{% for i in list %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m('<|im_end|>') | length }}",
    "{% macro m() %}{{ undefined_thing.x }}{% endmacro %}{{ m() }}",
    "{% call range(3) %}x{% endcall %}",
    "{% call n %}x{% endcall %}",
    "{% filter upper %}abc {{ s }}{% endfilter %}",
    "{% filter replace('a', 'b') | upper %}banana{% endfilter %}",
    "{% filter trim %}  {% set q = 1 %}{{ q }}  {% endfilter %}{{ q is defined }}",
    "{% filter nope %}x{% endfilter %}",
    "{% if false %}{{ 1 | nope }}{% endif %}ok",
    "{% if true %}{{ 1 | nope }}{% endif %}",
    "{{ 1 if true else 1 | nope }}",
    "{% for i in list %}{{ i | nope }}{% endfor %}",
    "{% if false %}{% for i in list %}{{ i | nope }}{% endfor %}{% endif %}",
    "{% if false %}{{ 1 is nope }}{% endif %}ok",
    "{% print 1, 2 %}",
    "{% print n %}",
    "{% generation %}x{{ n }}{% endgeneration %}y",
    "a{% generation %}x{% endgeneration %}b{% generation %}zz{% endgeneration %}",
    "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}\n{% endfor %}",
    "{% generation %}{% set q = 1 %}{{ q }}{% endgeneration %}{{ q is defined }}",
    "{%- generation -%}  x  {%- endgeneration -%}  y",
    "{% for i in list %}{% generation %}{{ i }}{{ loop.index }}{% endgeneration %}{% endfor %}",
    "{% set c = cycler('a', 'b', 'c') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }}",
    "{% set j = joiner('|') %}{% for i in list %}{{ j() }}{{ i }}{% endfor %}",
    "{% set j = joiner() %}{{ j() }}{{ j() }}",
    "{% foo %}",
    "{% endif %}",
    "{% if true %}{% endfor %}",
    "{% if true %}",
    "{% for i in list %}{% endif %}",
    "{% macro m() %}",
    "{% if %}{% endif %}",
    "{% for %}{% endfor %}",
    "{% for i %}{% endfor %}",
    "{% for i in %}{% endfor %}",
    "{% set %}",
    "{% set x = %}",
    "{{ }}",
    "{% %}",
    "{% 1 %}",
    "{{ n }",
    "{{ n } }",
    "{{ [1, 2) }}",
    "{{ (1, 2] }}",
    "{{ ) }}",
    "line\n{{ x.y.z }}",
    "line\n\n{% if x.y.z %}{% endif %}",
    "{%- set x = 1 -%}   {{- x -}}   ",
    "{{ 'a' -}}\n\n\n{{- 'b' }}",
    "{% for i in list -%}\n  {{ i }}\n{%- endfor %}",
    "{% for i in list %}\n{{ i }}\n{% endfor %}\n",
    "{% for i in list %}\n  {{ i }}\n{% endfor %}\nend\n",
    "\n\n{% if true %}\n\nx\n\n{% endif %}\n\n",
    "{{ '\n' }}x",
    "{{ 'a\n  b' }}",
    "{{ n }}\n{{ n }}\n",
    "<{{ messages[0].content }}>{# {{ x }} #}",
    "{% set m = messages | last %}{{ m.content[:3] }}{{ m.content.split(' ') | last }}",
    "{% for m in messages[::-1] %}{{ m.role[0] }}{% endfor %}",
    "{% for m in messages %}{{ '<|' ~ m.role ~ '|>' + (m.content or '') + '\n' }}{% endfor %}",
    "{% for m in messages %}{% if 'tool_calls' in m %}{{ m.tool_calls | tojson }}{% endif %}{% endfor %}",
    "{% for m in messages if m.role in ['user', 'system'] %}{{ loop.index }}{{ m.role }}{{ loop.last }} {% endfor %}",
    "{% for m in messages %}{{ m.get('name', 'none') }} {% endfor %}",
    "{% set ns = namespace(found=false) %}{% for m in messages if not ns.found %}{% if m.role == 'user' %}{% set ns.found = true %}{% endif %}{{ m.role }} {% endfor %}",
    "{% set ns = namespace(found=false) %}{% for m in messages if not ns.found %}{% if m.role == 'user' %}{% set ns.found = true %}{% endif %}{{ m.role }}{{ loop.last }} {% endfor %}",
    "{% for t in tools %}{{ t.function.name }}({% for p, v in t.function.parameters.properties.items() %}{{ p }}: {{ v.type }}{{ ', ' if not loop.last }}{% endfor %}){% endfor %}",
    "{{ messages.0.role }} {{ messages.0['role'] }}",
    "{% set x = messages[0] %}{% set y = x.content.upper() %}{{ y }}",
    "{{ '%s says %r' % (messages[1].role, messages[1].content) }}",
    "{{ messages[4].content | list | join('|') }}",
    "{{ messages | map(attribute='content') | join(' / ') }}",
    "{{ messages | map(attribute='content') | map('upper') | list }}",
    "{% set a %}{% for i in list %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}{% endset %}{{ a }}",
    "{% for i in list %}{% set a %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endset %}{{ a }};{% endfor %}",
    "{% for i in list %}{% filter upper %}{% if i == 1 %}{% break %}{% endif %}a{{ i }}{% endfilter %}{% endfor %}",
    "{% for i in range(3) %}{% set x = i %}{% for j in range(2) %}{% set x = x + 10 %}{{ x }} {% endfor %}{{ x }};{% endfor %}",
    "{% macro outer() %}{% set v = 1 %}{% macro inner() %}{{ v }}{% endmacro %}{% set v = 2 %}{{ inner() }}{% endmacro %}{{ outer() }}",
    "{% macro m(n) %}{% for i in range(n) %}{{ i }}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(k) m(3) %}<{{ k }}{{ n }}>{% endcall %}",
    "{% set x = 5 %}{% macro m(x=x) %}{{ x }}{% endmacro %}{{ m() }}",
    "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}",
]
