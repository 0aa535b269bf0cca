module github.com/hone-web/hone

go 1.26
