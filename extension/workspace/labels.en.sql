-- part: comments

-- part: seed
