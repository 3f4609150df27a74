
-- part: seed

INSERT INTO identity_rule (code, position, lead_kind, kind, action, weak, check_name) VALUES
    ('unionid',         10, 'contact', 'unionid',         'merge',  false, false),
    ('phone',           20, 'contact', 'phone',           'merge',  false, true),
    ('email',           30, 'contact', 'email',           'merge',  false, false),
    ('wechat',          40, 'contact', 'wechat',          'merge',  false, false),
    ('company_person',  50, 'contact', 'company_person',  'review', false, false),
    ('tax_id',          60, 'contact', 'tax_id',          'link',   true,  false),
    ('company_project', 70, 'project', 'company_project', 'review', false, false),
    ('project_phone',   80, 'project', 'phone',           'link',   true,  false);

INSERT INTO field_alias (alias, field) VALUES
    ('name', 'name'), ('full name', 'name');

-- part: seed chinese

INSERT INTO field_alias (alias, field) VALUES
    ('姓名', 'name');
