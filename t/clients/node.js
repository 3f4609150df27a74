// What t/080_clients.t asks of every driver, through node-postgres (pg).
//
// Usage: node.js OWNER WRITER, with PGHOST, PGPORT, PGDATABASE and PGPASSWORD
// set.  Prints "step: values" a line, NULL as "null", an error as its SQLSTATE.
'use strict';

const { Client } = require('pg');

const [ownerName, writerName] = process.argv.slice(2);

const INSERT = 'INSERT INTO crm.lead (name, phone, first_source) VALUES ($1, $2, $3) RETURNING id, merged_into';
const INSERT_IN = 'INSERT INTO crm.lead_in (name, phone, first_source) VALUES ($1, $2, $3) RETURNING id, phone';
const CAPTURE = 'SELECT outcome, lead_id FROM crm.capture($1, $2)';
const VIEWS = `SELECT relname FROM pg_class
	WHERE relnamespace = 'crm'::regnamespace AND relkind = 'v' AND relname LIKE 'v\\_%' ORDER BY 1`;
const FIND = 'SELECT id FROM customer WHERE tel = ';

function say(step, values) {
	console.log([step + ':', ...values.map(String)].join(' '));
}

// All values of the answer, row after row.
async function values(client, text, ...parameters) {
	const result = await client.query({ text, values: parameters, rowMode: 'array' });

	return result.rows.flat();
}

// The same, or the SQLSTATE of the error.
async function attempt(client, text, ...parameters) {
	try {
		return await values(client, text, ...parameters);
	} catch (error) {
		return [error.code];
	}
}

async function connect(user) {
	const client = new Client({ user, options: '-c search_path=public,leadcrm' });

	await client.connect();
	return client;
}

function typeName(value) {
	return value.constructor.name;
}

async function main() {
	const owner = await connect(ownerName);

	say('new', await values(owner,
		`INSERT INTO crm.lead (name, phone, first_source, budget_max, attrs) VALUES ($1, $2, $3, $4, $5)
		 RETURNING id, phone, merged_into`,
		'王芳', '138 0013 8000', '官网', '200000.50', { utm: 'brand' }));
	say('repeat', await values(owner, INSERT, '王芳', '０１３８－００１３－８０００', '抖音'));
	say('many', await values(owner,
		`INSERT INTO crm.lead (name, phone, first_source) VALUES ($1, $2, $3), ($4, $5, $6)
		 RETURNING id, merged_into`,
		'李雷', '139 0013 9000', '官网', '李雷', '+86 139-0013-9000', '官网'));

	const known = await values(owner, 'SELECT id, budget_max, created_at, attrs FROM crm.lead WHERE id = $1', 1);
	say('values', [known[0], known[1], known[3].utm]);
	say('types', known.map(typeName));
	say('stored spelling', await values(owner,
		'SELECT id, name FROM crm.lead WHERE phone = $1 AND merged_into IS NULL', '+8613800138000'));
	say('any spelling', await values(owner,
		'SELECT id, name FROM crm.lead WHERE phone = leadcrm.try_phone($1)::text AND merged_into IS NULL', '0086 13800138000'));
	say('no phone', await values(owner, 'SELECT leadcrm.try_phone($1)', 'nobody'));
	say('find_lead', await values(owner, 'SELECT lead_id, name, kind FROM crm.find_lead($1)', '+86 (138) 0013-8000'));

	const tel = await values(owner, 'INSERT INTO customer (id, tel) VALUES ($1, $2) RETURNING tel', 0, '(023)63812345转801');
	say('phone', tel);
	say('phone type', tel.map(typeName));
	say('phone found', await values(owner, FIND + '$1', '023-63812345 转 801'));
	say('phone plan', await values(owner, 'EXPLAIN (COSTS OFF) ' + FIND + '$1', '023-63812345'));
	say('phone of a list', await values(owner,
		'SELECT count(*) FROM customer WHERE tel = ANY ($1::phone[])', ['13800000001', '138-0000-0002']));
	say('no phone found', await attempt(owner, FIND + '$1', 'nobody'));
	say('no phone found, as text', await attempt(owner, FIND + '$1::text', 'nobody'));

	await owner.query("UPDATE crm.lead SET stage = 'proposal', expected_amount = 10 WHERE id = 1");
	await owner.query("UPDATE crm.lead SET stage = 'won' WHERE id = 1");
	const found = new Set();
	const views = await values(owner, VIEWS);
	let foreign = 0;
	for (const view of views) {
		const answer = await owner.query({ text: `SELECT * FROM crm.${view}`, rowMode: 'array' });

		foreign += answer.fields.filter((field) => field.dataTypeID >= 16384).length;
		answer.rows.flat().filter((value) => value !== null).forEach((value) => found.add(typeName(value)));
	}
	say('views', [views.length, foreign]);
	say('types of views', [...found].sort());
	await owner.end();

	const writer = await connect(writerName);
	say('writer, new', await values(writer, INSERT_IN, '赵敏', '136 0013 6000', '官网'));
	say('writer, repeat', await values(writer, INSERT_IN, '王芳', '+86 138 0013 8000', '官网'));
	say('writer, insert only', await attempt(writer, INSERT, '赵敏', '136 0013 6000', '官网'));
	say('writer, sees', [...await values(writer, 'SELECT count(*) FROM crm.lead_in'),
		...await attempt(writer, 'SELECT id FROM crm.lead')]);
	say('writer, find_lead', await values(writer, 'SELECT lead_id, name FROM crm.find_lead($1)', '13800138000'));
	say('writer, capture new', await values(writer, CAPTURE, '官网', { 姓名: '周杰', 手机: '135 0013 5000' }));
	say('writer, capture repeat', await values(writer, CAPTURE, '官网', { 姓名: '王芳', 手机: '138 0013 8000' }));
	await writer.end();
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
