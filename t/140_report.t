#
# report_html() and funnel_svg(): whatever the labels say, the page is well
# formed, loads nothing and runs nothing; everybody gets the numbers that are
# his; and a browser draws it with every label whole, by light and by dark, on a
# desk and on a phone.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Compress::Zlib qw(uncompress);
use File::Temp;
use LeadCRM;
use Test::More;

my $dir = File::Temp->newdir;
my $db = LeadCRM->database;
my $han = '线' x 200;
my $hostile = q{<script>alert("1")</script>'"><img src=x onerror=alert(1)>&amp;]]> https://example.com/};

# A workspace with people, sources and 300 leads whose stages, owners and days
# follow from their numbers.
sub workspace
{
	my ($name, $locale) = @_;

	$db->query(<<~END);
		SET client_min_messages = warning;
		SELECT leadcrm.create_workspace('$name', locale => '$locale', time_zone => 'Asia/Shanghai');
		SET search_path = $name, pg_temp;
		INSERT INTO team (code, label) VALUES ('north', '华北大区第一销售组'), ('south', 'South and south-west');
		INSERT INTO rep (code, role, name, team) VALUES
			('chen', 'report_chen', '陈小明', 'north'), ('li', 'report_li', '李雷', 'north'), ('wu', NULL, 'Wu Wen', 'south');
		UPDATE team SET manager = 'chen' WHERE code = 'north';
		INSERT INTO source (code, label) VALUES ('expo', '中国国际进口博览会现场名片'), ('search', '搜索'), ('www', 'Website and landing pages');
		SELECT grant_access('report_analyst', 'analyst'), grant_access('report_chen', 'manager'), grant_access('report_li', 'rep'),
			grant_access('report_writer', 'writer');
		SELECT leadcrm.begin_restore('$name');
		INSERT INTO lead (name, first_source, last_source, owner, team, process, expected_amount, won_amount, loss_reason, intent, score,
				assigned_at, first_contacted_at, created_at, updated_at, last_inbound_at)
		SELECT 'Lead ' || n, s.source, s.source, o.owner, o.team, CASE n % 5 WHEN 0 THEN 'project' ELSE 'lead' END, n * 1000,
			CASE WHEN n % 20 = 13 THEN n * 900 END, CASE WHEN n % 20 IN (3, 8) THEN 'price' END,
			(ARRAY['cold', 'warm', 'hot'])[1 + n % 3], n % 60, d.at, d.at + interval '1 hour', d.at, d.at, d.at
		  FROM generate_series(1, 300) n
		 CROSS JOIN LATERAL (SELECT (ARRAY['expo', 'search', 'www'])[1 + n % 7 % 3] AS source) s
		 CROSS JOIN LATERAL (SELECT (ARRAY['chen', 'li', 'wu'])[1 + n % 4 % 3] AS owner, (ARRAY['north', 'north', 'south'])[1 + n % 4 % 3] AS team) o
		 CROSS JOIN LATERAL (SELECT '2026-01-05 10:00+08'::timestamptz + n * interval '7 hours' AS at) d;
		INSERT INTO stage_change (lead_id, position, process, from_stage, to_stage, at, cause, reason, amount, owner, actor)
		SELECT l.id, p.position, l.process, lag(p.stage) OVER (PARTITION BY l.id ORDER BY p.position), p.stage,
			l.created_at + p.position * interval '1 hour', 'import', CASE p.stage WHEN 'lost' THEN l.loss_reason END,
			CASE p.stage WHEN 'won' THEN l.won_amount END, l.owner, 'test'
		  FROM lead l
		 CROSS JOIN LATERAL unnest(CASE WHEN l.id % 20 = 13 THEN ARRAY['new', 'contacted', 'negotiation', 'won']
				WHEN l.id % 20 IN (3, 8) THEN ARRAY['new', 'contacted', 'lost']
				ELSE (ARRAY['new', 'contacted', 'analysis', 'negotiation'])[:1 + (l.id % 4)::integer] END) WITH ORDINALITY p (stage, position);
		SELECT count(*) FROM leadcrm.end_restore('$name');
		END
	return;
}

# save(NAME, SQL, user => ROLE): what the SQL returns, as psql saves it.
sub save
{
	my ($name, $sql, %opt) = @_;

	open my $file, '>', "$dir/$name" or die $!;
	print $file $db->query($sql, %opt), "\n";
	close $file;
	return "$dir/$name";
}

sub text
{
	my ($file) = @_;

	open my $fh, '<', $file or die "$file: $!";
	local $/;
	return scalar <$fh>;
}

# shown(FILE): the text of a page, its character references as UTF-8.
sub shown
{
	my $text = text($_[0]) =~ s/<style>.*?<\/style>//r =~ s/<[^>]*>/ /gr =~ s/&#(\d+);/chr $1/ger;

	utf8::encode($text);
	return $text =~ s/\s+/ /gr;
}

my ($python) = grep { system("$_ -c 'import xml.parsers.expat' 2>$dir/errors") == 0 } qw(/usr/bin/python3 python3);

sub well_formed
{
	my ($file, $what) = @_;

  SKIP: {
		skip 'no Python', 1 unless $python;
		chomp(my $said = `$python $FindBin::RealBin/lib/page.py $file`);
		is($said, 'ok', "$what: well formed, balanced, ASCII, nothing that loads or runs");
	}
	return;
}

my @roles = qw(report_analyst report_chen report_li report_writer);
$db->query("DROP ROLE IF EXISTS $_; CREATE ROLE $_ LOGIN") for @roles;
END { $db->query("DROP OWNED BY $_; DROP ROLE $_") for $db ? @roles : () }

my $quarter = "'2026-01-01', '2026-03-31'";

# Nothing, and next to nothing
for my $locale (qw(zh en))
{
	my $one = "one_$locale";

	$db->query("SELECT leadcrm.create_workspace('$one', locale => '$locale')");
	well_formed(save("none_$locale.html", "SELECT $one.report_html()"), "no lead, $locale");
	well_formed(save("none_$locale.svg", "SELECT $one.funnel_svg()"), "no lead, funnel, $locale");
	$db->query("INSERT INTO $one.lead (name, phone, first_source) VALUES ('王芳', '13800138000', 'website')");
	my $page = save("$one.html", "SELECT $one.report_html()");
	well_formed($page, "one lead, $locale");
	like(shown($page), $locale eq 'zh' ? qr/ 线索 1 / : qr/ Leads 1 /, "one lead, $locale: it counts");
	unlike(shown($page), qr/王芳|13800138000/, "one lead, $locale: nobody can tell who it is");
}

# Many, in both languages
workspace(zh => 'zh');
workspace(en => 'en');
for my $locale (qw(zh en))
{
	my $page = save("$locale.html", "SELECT $locale.report_html($quarter)");

	well_formed($page, "300 leads, $locale");
	well_formed(save("$locale.svg", "SELECT $locale.funnel_svg($quarter)"), "300 leads, funnel, $locale");
	like(shown($page), qr/华北大区第一销售组/, "300 leads, $locale: labels are there");
	is(join(' ', shown($page) =~ / (?:线索|Leads) ([\d,]+) .*? (?:赢单|Won) ([\d,]+) /),
		$db->query("SELECT sum(leads) || ' ' || sum(won) FROM $locale.v_leaderboard WHERE day BETWEEN '2026-01-01' AND '2026-03-31'"),
		"300 leads, $locale: the numbers of the view");
}
like(shown("$dir/zh.html"), qr/销售漏斗 · 线索流程.*走势.*输单原因.*线索来源.*合计.*销售排行榜/, 'in Chinese');
like(shown("$dir/en.html"), qr/Sales funnel.*Trend.*Why leads were lost.*Sources.*All.*Leaderboard/, 'in English');
is(shown(save('day.html', "SELECT zh.report_html('2026-01-10', '2026-01-10')")) =~ / 线索 (\d+) / && $1,
	$db->query("SELECT sum(leads) FROM zh.v_source WHERE day = '2026-01-10'"), 'a single day');
for my $span ("'2026-01-01', '2026-01-20'", "'2025-12-01', '2026-12-31'", "'2020-01-01', '2026-12-31'", "'1950-01-01', '2049-12-31'")
{
	well_formed(save('span.html', "SELECT zh.report_html($span)"), "from $span");
}

# Whose numbers
my %seen = map { $_ => shown(save("$_.html", "SELECT zh.report_html($quarter)", user => "report_$_")) } qw(analyst chen li);
is($seen{analyst} =~ s/ 生成于.*//r, shown("$dir/zh.html") =~ s/ 生成于.*//r, 'an analyst sees what the owner sees');
like($seen{chen}, qr/report_chen.*(?:陈小明.*李雷|李雷.*陈小明)/, 'a manager sees his team');
unlike($seen{chen}, qr/Wu Wen/, 'and no other');
like($seen{li}, qr/report_li.*李雷/, 'a rep sees himself');
unlike($seen{li}, qr/陈小明|Wu Wen/, 'and nobody else');
is(($seen{li} =~ / 线索 ([\d,]+) /)[0], $db->query("SELECT count(*) FROM zh.lead WHERE owner = 'li' AND created_at < '2026-04-01+08'"), 'his numbers');
like(($db->try("SELECT zh.report_html()", user => 'report_writer'))[1], qr/^42501/, 'a writer sees nothing');
is(shown(save('filter.html', qq{SELECT zh.report_html($quarter, '{"owner": "li"}')})) =~ / 线索 ([\d,]+) / && $1,
	$db->query("SELECT count(*) FROM zh.lead WHERE owner = 'li' AND created_at < '2026-04-01+08'"), 'a filter');
like(shown(save('project.svg', qq{SELECT zh.funnel_svg($quarter, '{"process": "project"}')})), qr/项目型线索流程.*客户内部评审/, 'the funnel of another process');

# What cannot be asked
for ([ q{'2026-02-01', '2026-01-01'}, '22023' ], [ q{'-infinity'}, '22023' ], [ q{'1900-01-01', '2026-01-01'}, '22023' ],
	[ q{filter => '[]'}, '22023' ], [ q{filter => '{"day": "2026-01-01"}'}, '22023' ], [ q{filter => '{"nothing": 1}'}, '42703' ])
{
	for my $function (qw(report_html funnel_svg))
	{
		like(($db->try("SELECT zh.$function($_->[0])"))[1], qr/^$_->[1]/, "$function($_->[0])");
	}
}

# Labels that are no labels
$db->query(<<~END);
	SELECT leadcrm.create_workspace('hostile');
	SET search_path = hostile, pg_temp;
	INSERT INTO team (code, label) VALUES ('x', E'\\x01\\x1b\\x7f tab\\there' || chr(65534) || chr(1114111) || chr(8238) || '🐉');
	INSERT INTO rep (code, name, team) VALUES ('long', '$han', 'x'), ('bad', '${\quoted($hostile)}', 'x');
	UPDATE stage SET label = '${\quoted($hostile)}' WHERE code = 'contacted';
	UPDATE stage SET label = '$han' WHERE code = 'analysis';
	UPDATE stage SET label = repeat('W', 300) WHERE code = 'won';
	UPDATE process SET label = '${\quoted($hostile)}';
	UPDATE intent_level SET label = '${\quoted($hostile)}' WHERE level = 'hot';
	UPDATE loss_reason SET label = '${\quoted($hostile)}' WHERE code = 'price';
	INSERT INTO source (code, label) VALUES ('bad', '${\quoted($hostile)}'), ('long', '$han'), ('empty', '');
	INSERT INTO lead (name, phone, first_source, owner, expected_amount) VALUES
		('A', '13800138000', 'bad', 'bad', 1e15), ('B', '13800138001', 'long', 'long', NULL), ('C', '13800138002', 'empty', 'bad', 1e200);
	END
for my $arguments ('', "title => '${\quoted($hostile)}'", qq{filter => jsonb_build_object('source_label', '${\quoted($hostile)}')}, "title => '$han'")
{
	well_formed(save('hostile.html', "SELECT hostile.report_html($arguments)"), 'hostile labels');
	well_formed(save('hostile.svg', "SELECT hostile.funnel_svg($arguments)"), 'hostile labels, funnel');
}
save('hostile.html', 'SELECT hostile.report_html()');
like(shown("$dir/hostile.html"), qr/\Q$hostile\E.*\Q$han\E/, 'they are shown as they are');
{
	my ($out) = $db->query("SET client_encoding = 'GBK'; SELECT hostile.report_html()");
	is(length $out, length(text("$dir/hostile.html")) - 1, 'a client that speaks GBK saves the same');
}

sub quoted { return $_[0] =~ s/'/''/gr; }

# In a browser
my ($browser) = grep { system("command -v $_ >$dir/errors 2>&1") == 0 } qw(chromium chromium-browser google-chrome);

# chromium(URL, OPTION...): what it prints.
sub chromium
{
	my ($url, @options) = @_;
	my $profile = File::Temp->newdir;
	my @command = ('timeout', '90', $browser, qw(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars
		--disable-background-networking --disable-component-update --disable-sync --virtual-time-budget=8000),
		"--user-data-dir=$profile", @options, $url);

	open my $out, '-|', 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh', @command or die $!;
	local $/;
	return scalar <$out> // '';
}

# picture(URL, WIDTH, HEIGHT, DARK): the screenshot as [ width, height, rows of bytes, bytes a pixel ].
sub picture
{
	my ($url, $width, $height, $dark) = @_;

	chromium($url, "--screenshot=$dir/shot.png", "--window-size=$width,$height", $dark ? '--blink-settings=preferredColorScheme=0' : ());
	my $png = text("$dir/shot.png");
	unlink "$dir/shot.png";
	my ($w, $h, undef, $type) = unpack 'N N C C', substr $png, 16, 10;
	my $bytes = { 2 => 3, 6 => 4 }->{$type} or die "colour type $type";
	my ($at, $packed) = (8, '');
	while ($at < length $png)
	{
		my ($len, $chunk) = unpack 'N a4', substr $png, $at, 8;
		$packed .= substr $png, $at + 8, $len if $chunk eq 'IDAT';
		$at += $len + 12;
	}
	return [ $w, $h, unfilter(uncompress($packed), $w * $bytes, $h, $bytes) ];
}

# unfilter: of every 8th row its brightness at every 8th pixel, as a histogram
# of 16 steps; a PNG's rows are differences, so all of them are walked.
sub unfilter
{
	my ($data, $stride, $rows, $bytes) = @_;
	my @above = (0) x $stride;
	my %count;

	for my $y (0 .. $rows - 1)
	{
		my ($filter, @row) = unpack 'C*', substr $data, $y * ($stride + 1), $stride + 1;
		for my $i (0 .. ($filter ? $#row : -1))
		{
			my $left = $i < $bytes ? 0 : $row[ $i - $bytes ];
			my $up = $above[$i];
			my $corner = $i < $bytes ? 0 : $above[ $i - $bytes ];
			my $guess = $filter == 1 ? $left : $filter == 2 ? $up : $filter == 3 ? ($left + $up) >> 1 : do
			{
				my ($a, $b, $c) = (abs($up - $corner), abs($left - $corner), abs($left + $up - 2 * $corner));
				$a <= $b && $a <= $c ? $left : $b <= $c ? $up : $corner;
			};
			$row[$i] = ($row[$i] + $guess) & 255;
		}
		for (my $i = 0; $y % 8 == 0 && $i < @row; $i += 8 * $bytes)
		{
			$count{ int(($row[$i] + $row[ $i + 1 ] + $row[ $i + 2 ]) / 48) }++;
		}
		@above = @row;
	}
	return \%count;
}

# What a page says of itself: characters that are drawn as boxes, as those are
# that no font has; labels outside their picture, texts that lie on each other,
# cells whose content does not fit, and whether it is too wide.
my $measure = <<'END';
<script>
addEventListener('load', () => {
	const faults = [];
	for (const svg of document.querySelectorAll('svg'))
	{
		const frame = svg.viewBox.baseVal, boxes = [];
		for (const text of svg.querySelectorAll('text'))
		{
			const box = text.getBBox();
			if (box.x < frame.x - 0.5 || box.y < frame.y - 0.5 || box.x + box.width > frame.x + frame.width + 0.5 ||
				box.y + box.height > frame.y + frame.height + 0.5)
				faults.push('clipped: ' + text.textContent + ' at ' + [box.x, box.y, box.width, box.height].map(Math.round) + ' of ' + [frame.width, frame.height]);
			for (const other of boxes)
				if (box.width && other.box.width && box.x < other.box.x + other.box.width && other.box.x < box.x + box.width &&
					box.y < other.box.y + other.box.height && other.box.y < box.y + box.height)
					faults.push('overlap: ' + text.textContent + ' / ' + other.text);
			boxes.push({ box, text: text.textContent });
		}
		for (const band of svg.querySelectorAll('g'))
		{
			const label = band.querySelector('text'), shape = band.querySelector('polygon, rect');
			if (band.parentNode.querySelector('polygon') && label.getBBox().x + label.getBBox().width > shape.getBBox().x)
				faults.push('under its band: ' + label.textContent);
		}
	}
	for (const cell of document.querySelectorAll('td, th, h1, h2, p, b'))
		if (cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0)
			faults.push('does not fit: ' + cell.textContent);
	for (const table of document.querySelectorAll('.scroll'))
		if (table.scrollWidth > table.clientWidth && getComputedStyle(table).overflowX == 'visible')
			faults.push('wider than the paper: ' + table.textContent);
	const drawn = character => {
		const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 40 }), pen = canvas.getContext('2d');
		pen.font = '20px ' + getComputedStyle(document.querySelector('text')).fontFamily;
		pen.fillText(character, 5, 25);
		return canvas.toDataURL();
	};
	const box = drawn('\u{10FFF0}');
	const boxes = [...new Set(document.body.textContent.match(/[^\x00-\x7f]/gu))].filter(c => drawn(c) == box);
	if (document.documentElement.scrollWidth > innerWidth)
		faults.push('too wide: ' + [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth &&
			!e.closest('.scroll')).map(e => e.tagName + ' ' + e.textContent.slice(0, 20)));
	parent.postMessage(window.name + ' texts ' + document.querySelectorAll('svg text').length + ' boxes ' + boxes.join('') + ' faults ' + faults.join('; '), '*');
});
</script>
END

# measured([NAME, FILE, WIDTH, CHANGE]...): what each page says of itself in a
# frame of this width, by name; CHANGE may spoil it before.
sub measured
{
	my @cases = @_;
	my $frames = '';

	for my $i (0 .. $#cases)
	{
		my ($name, $file, $width, $change) = @{ $cases[$i] };
		my $page = text("$dir/$file") =~ s/<meta http-equiv[^>]*>//r;

		$page = "<!DOCTYPE html><html><body>$page</body></html>" unless $page =~ /<body>/;
		$page = $change->($page) if $change;
		open my $copy, '>', "$dir/measured_$i.html" or die $!;
		print $copy $page =~ s{</body>}{$measure</body>}r;
		close $copy;
		$frames .= qq{<iframe name="$i" src="measured_$i.html" style="width:${width}px;height:500px"></iframe>\n};
	}
	open my $all, '>', "$dir/measured.html" or die $!;
	print $all <<~END;
		<!DOCTYPE html><meta charset="utf-8"><body>
		<script>addEventListener('message', e => { document.body.append(Object.assign(document.createElement('pre'), { textContent: e.data })); });</script>
		$frames
		END
	close $all;
	my %said = chromium("file://$dir/measured.html", '--dump-dom', '--window-size=1300,3000') =~ m{<pre>(\d+) (.*?)</pre>}sg;
	return map { $cases[$_][0] => $said{$_} // 'nothing' } 0 .. $#cases;
}

SKIP: {
	skip 'chromium is not installed', 1 unless $browser;
	my $font = `fc-list :lang=zh 2>$dir/errors` =~ /\S/;

	my @whole = map { my $page = $_; map { [ "$page.html, $_ wide", "$page.html", $_ ] } 360, 1200 } qw(zh en one_zh none_en hostile);
	push @whole, map { [ "$_.svg", "$_.svg", 1200 ] } qw(zh en none_zh hostile);
	# On A4, without its margins
	push @whole, map { [ "$_.html, printed", "$_.html", 710, sub { $_[0] =~ s/\@media print/\@media all/r } ] } qw(zh en);
	my %said = measured(@whole,
		[ 'cut off', 'zh.svg', 1200, sub { $_[0] =~ s/viewBox="0 0 (\d+)/'viewBox="0 0 ' . ($1 - 40)/er } ],
		[ 'grown', 'zh.svg', 1200, sub { $_[0] =~ s/font-size:15px/font-size:30px/r } ],
		[ 'without a font', 'zh.svg', 1200, sub { $_[0] =~ s/&#\d+;/&#1114097;/gr } ]);
	like($said{ $_->[0] }, qr/^texts [1-9]\d* boxes \S* faults $/, "$_->[0]: all labels are whole") for @whole;
  SKIP: {
		skip 'no Chinese font', 1 unless $font;
		like($said{$_}, qr/ boxes  faults/, "$_: Chinese is Chinese, not boxes")
			for grep { !/hostile/ } map { $_->[0] } @whole;
	}

	# The measure itself
	like($said{'cut off'}, qr/clipped: /, 'a label that is clipped is noticed');
	like($said{'without a font'}, qr/ boxes \S+ faults/, 'a character that no font has is noticed');
	like($said{grown}, qr/overlap: |under its band: /, 'labels that are too long are noticed');

	for my $dark (0, 1)
	{
		for my $name ('zh.html', 'en.svg')
		{
			my ($width, $height, $count) = @{ picture("file://$dir/$name", 1000, 1000, $dark) };
			my $pixels = 0;
			my ($usual) = sort { $count->{$b} <=> $count->{$a} } keys %$count;

			$pixels += $_ for values %$count;
			my $what = "$name, " . ($dark ? 'dark' : 'light');
			is("$width x $height", '1000 x 1000', "$what: a picture of the right size");
			ok($pixels - $count->{$usual} > $pixels / 50 && keys %$count >= 5, "$what: something is drawn");
			ok($name =~ /svg/ || ($dark ? $usual < 4 : $usual > 13), "$what: on the right ground");
		}
	}
}

done_testing();
