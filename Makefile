# leadcrm: PGXS makefile.  "make test" and "make demo" need nothing but git,
# make and gcc; "make", "make install" and "make installcheck" are for a DBA
# whose pg_config is on the PATH (or PG_CONFIG=).
# PGOPTIONS='-c force_parallel_mode=regress' before "make installcheck" runs
# whatever may be run there in a worker (debug_parallel_query from 16 on); it is
# slow.  What that found stands in sql/parallel.sql.

EXTENSION   = leadcrm
MODULE_big  = leadcrm
EXTVERSION  = $(shell sed -n "s/^default_version *= *'\([^']*\)'.*/\1/p" leadcrm.control)
INSTALL_SQL = extension/leadcrm--$(EXTVERSION).sql
TEMPLATE    = extension/leadcrm-workspace--$(EXTVERSION).sql
LABELS      = $(patsubst extension/workspace/labels.%.sql,extension/leadcrm-workspace--$(EXTVERSION).%.sql,$(wildcard extension/workspace/labels.*.sql))
OBJS        = $(patsubst %.c,%.o,$(sort $(wildcard extension/src/*.c)))
PG_CPPFLAGS = -DLEADCRM_VERSION='"$(EXTVERSION)"'
PG_CFLAGS   = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare $(if $(CI),-Werror)
DATA_built  = $(INSTALL_SQL) $(TEMPLATE) $(LABELS)
DATA        = $(wildcard extension/upgrade/*.sql)
ifneq ($(wildcard docs/*.md),)
DOCS        = $(wildcard docs/*.md)
endif
REGRESS     = 00_setup $(filter-out 00_setup,$(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql))))
ISOLATION   = $(patsubst specs/%.spec,%,$(sort $(wildcard specs/*.spec)))
ISOLATION_OPTS = --load-extension=leadcrm
EXTRA_CLEAN = $(INSTALL_SQL) $(TEMPLATE) $(LABELS) build

# The targets that set up their own server must work before there is a
# pg_config; all others go through PGXS.
DEV_GOALS   = demo test bench fuzz

ifneq ($(filter $(DEV_GOALS),$(MAKECMDGOALS)),)

.PHONY: $(DEV_GOALS)
$(DEV_GOALS):
	@dev/$@

else

PG_CONFIG  ?= pg_config
PGXS       := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(wildcard extension/src/*.h)

# Chinese in the engine's script stands in unistr('...') and in comments only;
# as escapes it loads into a database of any encoding.
$(INSTALL_SQL): $(sort $(wildcard extension/install/*.sql)) leadcrm.control
	cat $(filter %.sql,$^) | perl -CSD -pe 's/([^\x00-\x7f])/sprintf ord($$1) > 0xffff ? "\\U%08x" : "\\u%04x", ord $$1/ge' > $@

$(TEMPLATE): $(sort $(wildcard extension/workspace/[0-9]*.sql)) leadcrm.control
	cat $(filter %.sql,$^) > $@

$(LABELS): extension/leadcrm-workspace--$(EXTVERSION).%.sql: extension/workspace/labels.%.sql leadcrm.control
	cp $< $@

endif
