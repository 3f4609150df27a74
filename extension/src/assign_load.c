/*-------------------------------------------------------------------------
 * assign_load.c
 *	  The loads of reps while one statement assigns leads.
 *
 * A rep's load is read from the ledger (load.c) once and then counted in
 * memory.  Places are reserved in the ledger before they are given: one for
 * the first lead of a rep, then twice as many each time, so that a statement
 * of one row writes once and one of many rows seldom.  When the statement
 * ends, what was reserved and not used goes back and what was only counted
 * (turns, releases) is written.  A statement that fails takes all of it back
 * with it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "assign.h"

/* Places reserved at a time, at most: others see them as taken. */
#define MOST_RESERVED	64

static RepAccount *account_of(AssignState *state, RepState *rep, const char *via);
static LoadTable *ledger_of(AssignState *state);
static bool settle_rep(AssignState *state, RepState *rep);

/*
 * leadcrm_assign_rep_state
 *		The state of an owner by his code, who may be no rep.
 */
RepState *
leadcrm_assign_rep_state(AssignState *state, const char *code)
{
	int			number = leadcrm_assign_find_rep(state->model, code, strlen(code));
	RepState   *rep;

	if (number >= 0)
		return &state->rep[number];
	for (int i = 0; i < state->nstrangers; i++)
	{
		if (strcmp(state->stranger[i]->code, code) == 0)
			return state->stranger[i];
	}
	rep = MemoryContextAllocZero(state->cxt, sizeof(RepState));
	rep->code = MemoryContextStrdup(state->cxt, code);
	state->stranger = state->nstrangers == 0 ?
		MemoryContextAlloc(state->cxt, sizeof(RepState *)) :
		repalloc_huge(state->stranger, (state->nstrangers + 1) * sizeof(RepState *));
	state->stranger[state->nstrangers++] = rep;
	return rep;
}

/*
 * leadcrm_assign_expect
 *		Say how many reps are going to be read now whom this statement does not
 *		know; 0: no more.
 */
void
leadcrm_assign_expect(AssignState *state, int nreps)
{
	if (!state->pretend && (nreps > 0 || state->ledger != NULL))
		leadcrm_load_survey(ledger_of(state), nreps);
}

/*
 * leadcrm_assign_read
 *		The load of a rep, as far as this statement knows it.
 *
 * turns: gets his account under via, with his turns, unless NULL.
 */
RepState *
leadcrm_assign_read(AssignState *state, int number, const char *via, const RepAccount **turns)
{
	RepState   *rep = &state->rep[number];
	RepAccount *account;

	if (rep->read && turns == NULL)
		return rep;
	account = account_of(state, rep, via);
	if (!rep->read || !account->read)
	{
		Load		load = {0};

		if (!state->pretend)
			leadcrm_load_read(ledger_of(state), rep->code, via, state->today, &load);
		if (!rep->read)
		{
			rep->open += load.open;
			rep->dealt += load.dealt;
			rep->read = true;
		}
		account->turn += load.turn;
		account->settled_turn += load.settled_turn;
		account->read = true;
	}
	if (turns != NULL)
		*turns = account;
	return rep;
}

/*
 * leadcrm_assign_catch_up
 *		Raise the turns of a rep, who was away, to the least that he may have.
 *
 * reached: where the others are; nobody must be beyond it by catching up.
 *
 * Written and looked at at once, for another session may be doing the same: if
 * both did he would be as far ahead as he was behind.  Then it is taken back,
 * here and maybe there as well, and whoever deals to him next tries again.
 */
void
leadcrm_assign_catch_up(AssignState *state, int number, const char *via,
						double least, double reached)
{
	RepState   *rep = &state->rep[number];
	RepAccount *account = account_of(state, rep, via);
	double		ours = account->used.turn - account->written.turn;
	bool		writes = !state->pretend && !state->trial;
	Load		load = {0};
	Load		amount = {0};

	if (writes)
	{
		/* What was read when the statement began may have grown. */
		leadcrm_load_read(ledger_of(state), rep->code, via, state->today, &load);
		account->turn = load.turn + ours;
		account->settled_turn = load.settled_turn + ours;
	}
	amount.turn = least - account->turn;
	if (amount.turn <= 0)
		return;
	if (writes)
	{
		leadcrm_load_add(ledger_of(state), rep->code, via, state->today, &amount);
		leadcrm_load_read(ledger_of(state), rep->code, via, state->today, &load);
		if (load.turn + ours > reached)
		{
			account->turn = load.turn + ours - amount.turn;
			amount.turn = -amount.turn;
			leadcrm_load_add(ledger_of(state), rep->code, via, state->today, &amount);
			return;
		}
	}
	account->turn += amount.turn;
	account->settled_turn += amount.turn;
}

/*
 * leadcrm_assign_take
 *		Give a lead to a rep's load, within his limits.
 *
 * via: a rule's code or a pool's via, from the model, or "" for an owner whom
 * somebody named.
 * turn: what it adds to his turns.  dealt: it counts to the day, too: to his
 * daily limit under a rule, to via_limit (-1: none) under a pool.
 * chosen: he was chosen for what is known of him; if that has changed since it
 * is brought up to date and LOAD_CHANGED is the answer.
 */
LoadRefusal
leadcrm_assign_take(AssignState *state, int number, const char *via, double turn,
					bool dealt, int64 via_limit, bool chosen)
{
	const Rep  *r = &state->model->rep[number];
	RepState   *rep = leadcrm_assign_read(state, number, via, NULL);
	RepAccount *account = account_of(state, rep, via);
	bool		daily = dealt && via_limit < 0;
	LoadRefusal refusal;

	if (!state->pretend && !state->trial &&
		(account->used.open >= account->written.open ||
		 (dealt && account->used.dealt >= account->written.dealt)))
	{
		LoadLimit	limit = {.capacity = r->capacity, .dealt = daily ? r->daily_limit : -1,
		.dealt_via = via_limit};
		int64		n = Min(rep->chunk * 2, MOST_RESERVED);

		n = Min(n, r->capacity - rep->open);
		if (limit.dealt >= 0)
			n = Min(n, limit.dealt - rep->dealt);
		if (via_limit >= 0)
			n = 1;
		for (;;)
		{
			Load		known = {.open = rep->open, .dealt = rep->dealt, .turn = account->turn};
			Load		amount;

			n = Max(n, 1);
			amount.open = n;
			amount.dealt = dealt ? n : 0;
			amount.turn = turn;
			refusal = leadcrm_load_take(ledger_of(state), rep->code, via, state->today, &amount, &limit,
										chosen && account->read && !rep->used ? &known : NULL);
			if (refusal == LOAD_CHANGED)
			{
				rep->open = known.open;
				rep->dealt = known.dealt;
				account->turn = known.turn;
				account->settled_turn = known.settled_turn;
				return refusal;
			}
			if (refusal == LOAD_TAKEN)
			{
				account->written.open += amount.open;
				account->written.dealt += amount.dealt;
				account->written.turn += amount.turn;
				rep->chunk = n;
				break;
			}
			/* Places given back, or reserved for another rule, may be given now. */
			if (n == 1 && !settle_rep(state, rep))
				return refusal;
			n = 1;
		}
	}
	leadcrm_assign_use(state, rep, via, 1, dealt ? 1 : 0, turn);
	return LOAD_TAKEN;
}

/*
 * leadcrm_assign_use
 *		Count an amount, of either sign, that is written when the statement ends.
 */
void
leadcrm_assign_use(AssignState *state, RepState *rep, const char *via,
				   int64 open, int64 dealt, double turn)
{
	RepAccount *account = account_of(state, rep, via);

	rep->used = true;
	account->used.open += open;
	account->used.dealt += dealt;
	account->used.turn += turn;
	account->turn += turn;
	account->settled_turn += turn;
	rep->open += open;
	if (strncmp(via, "pool:", 5) != 0)
		rep->dealt += dealt;
}

/*
 * leadcrm_assign_settle_loads
 *		Bring the ledger to what the statement used; the state goes on.
 */
void
leadcrm_assign_settle_loads(AssignState *state)
{
	if (state->pretend)
		return;
	for (int i = 0; i < state->model->nreps && !state->trial; i++)
		(void) settle_rep(state, &state->rep[i]);
	for (int i = 0; i < state->nstrangers && !state->trial; i++)
		(void) settle_rep(state, state->stranger[i]);
	if (state->ledger != NULL)
		leadcrm_load_close(state->ledger);
	state->ledger = NULL;
}

/* Bring the ledger to what the statement used of a rep; false if it is there. */
static bool
settle_rep(AssignState *state, RepState *rep)
{
	bool		written = false;

	for (RepAccount *account = rep->account; account != NULL; account = account->next)
	{
		Load		rest;

		rest.open = account->used.open - account->written.open;
		rest.dealt = account->used.dealt - account->written.dealt;
		rest.turn = account->used.turn - account->written.turn;
		if (rest.open == 0 && rest.dealt == 0 && rest.turn == 0)
			continue;
		leadcrm_load_add(ledger_of(state), rep->code, account->via, state->today, &rest);
		account->written = account->used;
		written = true;
	}
	return written;
}

static RepAccount *
account_of(AssignState *state, RepState *rep, const char *via)
{
	RepAccount *account = rep->account;

	while (account != NULL && account->via != via && strcmp(account->via, via) != 0)
		account = account->next;
	if (account == NULL)
	{
		account = MemoryContextAllocZero(state->cxt, sizeof(RepAccount));
		account->via = via;
		account->next = rep->account;
		rep->account = account;
	}
	return account;
}

static LoadTable *
ledger_of(AssignState *state)
{
	if (state->ledger == NULL)
		state->ledger = leadcrm_load_open(state->ws, state->cxt);
	return state->ledger;
}
