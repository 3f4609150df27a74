# dev/lib.sh
#	Shared by the scripts in dev/: a private PostgreSQL tree and private servers.
#
# Everything lives in build/: the tree in build/pg, a server's data in
# build/NAME.  Nothing is installed into the system's PostgreSQL, and no server
# but our own is talked to.  A server never runs as root: root starts it as
# "postgres" or "nobody", and if that user cannot reach the checkout (say, under
# /root), tree and data go to a folder of their own in the temporary directory.

umask 022
ROOT=$(cd "$(dirname "$0")/.." && pwd -P) || exit 1
BUILD=$ROOT/build
cd "$ROOT" || exit 1

# What the caller's shell is set up for must not reach our servers.
unset PGDATABASE PGDATA PGHOST PGHOSTADDR PGOPTIONS PGPASSFILE PGPASSWORD \
	PGPORT PGSERVICE PGSSLMODE PGUSER MAKEFLAGS MFLAGS MAKELEVEL CDPATH

UTF8_LOCALE=$(locale -a 2>/dev/null | grep -ix 'c\.utf-\{0,1\}8' | head -n 1)
UTF8_LOCALE=${UTF8_LOCALE:-C}
LC_ALL=$UTF8_LOCALE
NODE_PATH=$BUILD/node/node_modules:/usr/share/nodejs${NODE_PATH:+:$NODE_PATH}
export LC_ALL NODE_PATH

note() { echo "$(basename "$0"): $*" >&2; }
die() { note "$@"; exit 1; }

# find_pg_config
#	Print the path of the pg_config to build with, or fail: PG_CONFIG if it is
#	set, else the one on the PATH, else Debian's newest.  It must be 15 or
#	later and have its server and its extension makefiles beside it.
find_pg_config()
{
	for candidate in "${PG_CONFIG:-pg_config}" \
		$(ls -rv /usr/lib/postgresql/*/bin/pg_config 2>/dev/null)
	do
		found=$(command -v "$candidate") &&
			version=$("$found" --version 2>/dev/null) &&
			[ "$(echo "$version" | sed 's/^PostgreSQL \([0-9]*\).*/\1/')" -ge 15 ] &&
			[ -x "$("$found" --bindir)/initdb" ] &&
			[ -f "$("$found" --pgxs)" ] &&
			echo "$found" && return
		[ -z "${PG_CONFIG:-}" ] || break
	done 2>/dev/null
	return 1
}

# as_server COMMAND...
#	Run as the user that owns the servers, in a folder that he can read.
as_server()
(
	cd / || exit
	if [ "$(id -u)" != 0 ]
	then
		exec "$@"
	fi
	exec setpriv --reuid="$(server_user)" --regid="$(id -g "$(server_user)")" --init-groups -- "$@"
)

server_user()
{
	if [ "$(id -u)" != 0 ]; then id -un; else id -un postgres 2>/dev/null || echo nobody; fi
}

# choose_place
#	Set PLACE, where tree and data go: build/, or a temporary folder (its name
#	kept in build/place) if the server's user cannot get there, or if the path
#	has characters that make cannot handle.
choose_place()
{
	mkdir -p "$BUILD" 2>/dev/null
	[ -O "$BUILD" ] || die "$BUILD is not yours: remove it, or run as its owner"
	PLACE=$BUILD
	case $BUILD in
		*[!A-Za-z0-9/._+~@-]*) ;;
		*) as_server test -x "$BUILD" && return ;;
	esac
	PLACE=$(cat "$BUILD/place" 2>/dev/null)
	if [ -z "$PLACE" ] || [ ! -O "$PLACE" ]
	then
		PLACE=$(mktemp -d "${TMPDIR:-/tmp}/leadcrm-XXXXXX") || exit 1
		echo "$PLACE" > "$BUILD/place"
	fi
	chmod 755 "$PLACE"
}

# make_tree
#	Bring PLACE/pg up to date: a copy of the installed PostgreSQL that "make
#	install" may write to.  PostgreSQL finds its folders relative to its
#	programs, so the copy keeps their layout; programs must be real files,
#	all else can be links.  Sets PG_CONFIG and PATH to the copy.
make_tree()
{
	system=$(find_pg_config) || die "no pg_config of PostgreSQL 15 or later found"
	tree=$PLACE/pg
	bindir=$("$system" --bindir)
	BINDIR=$tree$bindir
	PG_CONFIG=$BINDIR/pg_config
	PATH=$BINDIR:$PATH
	export PG_CONFIG PATH

	# Inode numbers tell when a package was upgraded, or one like pgTAP added.
	stamp=$({ "$system"; ls -iR "$bindir" "$("$system" --pkglibdir)" "$("$system" --sharedir)"; } | cksum)
	[ "$stamp" = "$(cat "$tree/stamp" 2>/dev/null)" ] && return

	for server in demo test bench
	do
		server_stop $server
		rm -rf "${PLACE:?}/$server"
	done
	rm -rf "$tree"
	rm -f leadcrm.so extension/src/*.o		# built for the other PostgreSQL
	mkdir -p "$BINDIR"
	for program in "$bindir"/pg* "$bindir/initdb" "$bindir/postgres" "$bindir/psql" \
		"$bindir/createdb" "$bindir/dropdb" "$bindir/vacuumdb" "$bindir/reindexdb"
	do
		[ ! -f "$program" ] || cp -L "$program" "$BINDIR"
	done
	for dir in --pkglibdir --sharedir
	do
		dir=$("$system" $dir)
		mkdir -p "$tree$dir"
		cp -Rs "$dir/." "$tree$dir"
	done
	dir=$("$system" --includedir)
	mkdir -p "$tree$(dirname "$dir")" "$tree$("$system" --libdir)"
	ln -s "$dir" "$tree$dir"
	# A leadcrm that came with the system's PostgreSQL must not hide ours.
	find "$tree" ! -type d \( -name 'leadcrm.*' -o -name 'leadcrm-*' \) -exec rm {} +
	echo "$stamp" > "$tree/stamp"
}

# build_install
#	Build the extension and install it into the private tree.
build_install()
{
	make -s -j "$(getconf _NPROCESSORS_ONLN)" all install PG_CONFIG="$PG_CONFIG" with_llvm=no >"$BUILD/make.log" 2>&1 || {
		cat "$BUILD/make.log"
		return 1
	}
	grep -i warning "$BUILD/make.log"
	return 0
}

free_port()
{
	perl -MSocket -e '
		socket(S, PF_INET, SOCK_STREAM, 0) && bind(S, sockaddr_in(0, INADDR_LOOPBACK)) or die $!;
		print +(sockaddr_in(getsockname(S)))[0], "\n"'
}

# server_field NAME LINE: a line of the server's pid file (miscadmin.h lists them).
server_field()
{
	sed -n "$2p" "$PLACE/$1/postmaster.pid" 2>/dev/null
}

# server_running NAME
#	The socket is looked at too: after a crash of the machine the process id in
#	the file may be anyone's.
server_running()
{
	[ -S "$(server_field "$1" 5)/.s.PGSQL.$(server_field "$1" 4)" ] &&
		as_server sh -c 'kill -0 "$1" 2>/dev/null' sh "$(server_field "$1" 1)"
}

# server_start NAME [SETTING...]
#	Start the server NAME, creating it if it is not there, and point libpq's
#	environment at it.  SETTINGs are lines of postgresql.conf.
#
# Socket connections need no password, for only we can open the socket's
# folder.  TCP connections, on 127.0.0.1 only, need the password in
# PLACE/NAME.password, which is also in PGPASSWORD.
server_start()
{
	name=$1 data=$PLACE/$1
	shift
	if ! server_running "$name"
	then
		server_create || die "could not create a server in $data"
		server_launch "$@" || die "could not start the server in $data"
	fi
	PGUSER=postgres
	PGPORT=$(server_field "$name" 4)
	PGHOST=$(server_field "$name" 5)
	PGPASSWORD=$(cat "$data.password")
	export PGUSER PGPORT PGHOST PGPASSWORD
}

server_create()
{
	[ ! -f "$data/PG_VERSION" ] || return 0
	rm -rf "$data"
	mkdir -p -m 700 "$data"
	(umask 077; perl -e 'open R, "<", "/dev/urandom"; read R, $b, 12; print unpack("H*", $b), "\n"' > "$data.password")
	[ "$(id -u)" != 0 ] || chown "$(server_user)" "$data" "$data.password"
	as_server "$BINDIR/initdb" -D "$data" -U postgres -E UTF8 --locale="$UTF8_LOCALE" --no-sync \
		--auth-local=trust --auth-host=scram-sha-256 --pwfile="$data.password" >"$BUILD/initdb.log" 2>&1 || {
		cat "$BUILD/initdb.log" >&2
		return 1
	}
	echo "include_if_exists 'leadcrm.conf'" >> "$data/postgresql.conf"
}

server_launch()
{
	sockets=$data
	if [ ${#data} -gt 80 ]		# a socket's whole path may have 107 bytes
	then
		sockets=$(mktemp -d "${TMPDIR:-/tmp}/leadcrm-XXXXXX") || return 1
		[ "$(id -u)" != 0 ] || chown "$(server_user)" "$sockets"
	fi
	for attempt in 1 2 3		# another process may take the port meanwhile
	do
		{
			echo "port = $(free_port)"
			echo "listen_addresses = '127.0.0.1'"
			echo "unix_socket_directories = '$sockets'"
			for setting
			do
				echo "$setting"
			done
		} > "$data/leadcrm.conf"
		as_server "$BINDIR/pg_ctl" -D "$data" -l "$data/server.log" -w -t 60 start >/dev/null 2>&1 &&
			return 0
	done
	tail -n 20 "$data/server.log" >&2
	[ "$sockets" = "$data" ] || rmdir "$sockets"
	return 1
}

# server_stop NAME
#	Stop it if it runs (a fast shutdown, as pg_ctl would; the tree it was
#	started from may be gone), and remove its socket's folder if that is apart.
server_stop()
{
	server_running "$1" || return 0
	sockets=$(server_field "$1" 5)
	as_server sh -c 'kill -INT "$1"' sh "$(server_field "$1" 1)"
	for attempt in $(seq 600)
	do
		[ -f "$PLACE/$1/postmaster.pid" ] || break
		sleep 0.1
	done
	[ ! -f "$PLACE/$1/postmaster.pid" ] || note "the server in $PLACE/$1 does not stop"
	[ "$sockets" = "$PLACE/$1" ] || rmdir "$sockets"
}

# prepare TASK
#	All that comes before a server: packages, place, tree.
prepare()
{
	"$ROOT/dev/deps" "$1" || exit 1
	choose_place
	make_tree
}
