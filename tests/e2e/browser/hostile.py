"""Texts that somebody might print in order to run a script in an editor's browser, or to break its page.

Where one of them becomes an element, the element carries ``data-hostile``; where one runs, it calls ``fired``. Each has
a word of its own, so that it can be found again as text.
"""

TEXTS: dict[str, str] = {
    "script": "<script data-hostile>fired('script')</script> alpha",
    "image": "<img data-hostile src=x onerror=fired('image')> bravo",
    "vector": "<svg data-hostile onload=fired('svg')><animate onbegin=fired('svg') attributeName=x dur=1s> charlie",
    "double-quoted": '" data-hostile autofocus onfocus=fired(1) x=" delta',
    "single-quoted": "' data-hostile onmouseover=fired(2) x=' echo",
    "closing": "</textarea></title></style></script></option></select><b data-hostile>foxtrot",
    "framework": "<b data-hostile x-data x-init=\"fired('x')\" hx-get=/hostile hx-trigger=load>golf</b>",
    "template": "{{ 191|add:1146 }} {{ 191*7 }} {% now 'Y' %} ${191*7} #{191*7} hotel",
    "json": '</script><!--<script>{"__proto__": {"x": 1}}\u2028\u2029 india',
    "markdown": "[juliet](javascript:fired('link')) ![x](x\"onerror=\"fired('md'))",
    "override": "\u202egnp.exe kilo\u202c \u2066lima\u2067 mike",
    "unclosed": "“november said &lt;b&gt; &#x3c;script&#x3e; « unclosed '",
    "long": "oscar" + "w" * 60,
    "formula": "=HYPERLINK(\"javascript:fired('cell')\") papa",
    "control": "quebec \x08\x1b[31m\u200b\u200f\ufeff\u0301\u0301\u0301",
    "arabic": "قال الناطق <i data-hostile onclick=fired('rtl')>إن الجسر مفتوح</i> romeo",
}  # fmt: skip

ADDRESSES = [
    "javascript:fired('address')//https://outlet.example/",
    "data:text/html,<script>fired('data')</script>",
    "https://outlet.example/\"><img data-hostile src=x onerror=fired('quoted')>",
    "\x01javascript:fired('control')",
    "vbscript:fired('vb')",
    "https://outlet.example/\u202egnp.x",
]
